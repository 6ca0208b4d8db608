//! Whether statements hold in one tree, and who breaks them.

use super::parse::{Claim, Quantifier, Statement};
use super::resolve::{Names, Target};
use super::{Policy, Stated};
use crate::access::{Access, Grid, Row};
use crate::cluster::Cluster;
use crate::model::tables::access::PrivSet;
use crate::text::Span;
use bstr::{BString, ByteSlice};
use rustc_hash::FxHashSet;

/// Cases of one statement that are told before they are counted.
const MAX_CASES: usize = 3;
/// Subjects times paths that one policy may ask about. A cluster of thousands of users and guests with hundreds of statements
/// stays far below it.
const MAX_WORK: u64 = 1 << 31;

/// What is wrong with a statement in one tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// It names something that nobody knows.
    Unknown {
        /// The name, as a part of the statement.
        span: Span,
        /// What nobody knows, and what was probably meant.
        message: String,
        /// The name, when it is one that PVE may have dropped while reading.
        subject: Option<String>,
    },
    /// A part of it stands for nothing, so that it says less than it seems to.
    Void {
        /// The part.
        span: Span,
        /// Why.
        message: String,
    },
    /// It isn't so.
    Broken(Breach),
}

/// How a statement is broken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Somebody can what he should not; else somebody lacks what he should have.
    pub can: bool,
    /// The first few cases.
    pub cases: Vec<Case>,
    /// How many there are, one for each user and token.
    pub count: usize,
    /// For a right that is missing: the group that the statement names, when the first case is a member of it.
    pub group: Option<BString>,
}

/// Somebody for whom a statement isn't so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// User or token.
    pub subject: BString,
    /// What he has, or lacks.
    pub privileges: PrivSet,
    /// Where; the first such path.
    pub path: BString,
}

/// Judges every statement that can be read. The answer has one list for each statement: empty, if it holds.
#[must_use]
pub fn judge(policy: &Policy, cluster: &Cluster<'_>, access: &Access<'_, '_>) -> Vec<Vec<Problem>> {
    let names = Names::of(cluster, access);
    let mut work = 0;
    policy.statements.iter().map(|stated| one(&names, stated, &mut work)).collect()
}

fn one(names: &Names<'_, '_, '_>, stated: &Stated, work: &mut u64) -> Vec<Problem> {
    let Ok(statement) = &stated.read else { return Vec::new() };
    let mut problems = Vec::new();
    let mut too_much = |more: usize| {
        *work = work.saturating_add(u64::try_from(more).unwrap_or(u64::MAX));
        *work > MAX_WORK
    };
    let refused = || Problem::Void {
        span: Span::new(0, stated.text.len()),
        message: "the policy asks about more users and paths than pvelint looks at".to_owned(),
    };
    if too_much(names.cost(statement)) {
        return vec![refused()];
    }
    let resolved = names.resolve(stated, statement, &mut problems);
    // A part that nobody knows could be the one that matters.
    if resolved.targets.is_empty() || problems.iter().any(|problem| matches!(problem, Problem::Unknown { .. })) {
        return problems;
    }
    let question = Question::new(names.access, statement, &resolved.targets);
    let nodes = names.access.cfg().tree.nodes.len();
    let subjects = resolved.listed.len() + resolved.others.len();
    if too_much(subjects.saturating_mul(question.distinct.len() + nodes)) {
        problems.push(refused());
        return problems;
    }
    let listed = match statement.claim {
        Claim::Can | Claim::Only => question.ask(names, &resolved.listed, true),
        Claim::Cannot => question.ask(names, &resolved.listed, false),
        Claim::NobodyBut => None,
    };
    let listed = listed.map(|breach| {
        let case = breach.cases.first().filter(|_| !breach.can);
        let group = case.and_then(|case| names.group_of(stated, statement, case.subject.as_bstr()));
        Breach { group: group.map(ToOwned::to_owned), ..breach }
    });
    let others = question.ask(names, &resolved.others, false);
    problems.extend(listed.into_iter().chain(others).map(Problem::Broken));
    problems
}

/// Privileges on paths, prepared for any number of subjects.
struct Question<'q, 'c, 'a> {
    statement: &'q Statement,
    targets: &'q [Target],
    grid: Grid<'q, 'c, 'a>,
    /// Places in `targets`: one for each answer that can differ from the others.
    distinct: Vec<usize>,
}

impl<'q, 'c, 'a> Question<'q, 'c, 'a> {
    fn new(access: &'q Access<'c, 'a>, statement: &'q Statement, targets: &'q [Target]) -> Self {
        let grid = Grid::new(access, targets.iter().map(|target| &target.path));
        let mut seen = FxHashSet::default();
        let classes = targets.iter().zip(grid.class_of()).enumerate();
        let distinct = classes.filter(|(_, (target, class))| seen.insert((**class, &target.items)));
        let distinct = distinct.map(|(at, _)| at).collect();
        Self { statement, targets, grid, distinct }
    }

    /// Those of `subjects` for whom it isn't as it shall be.
    fn ask(&self, names: &Names<'_, '_, '_>, subjects: &[usize], shall: bool) -> Option<Breach> {
        let default = if shall { Quantifier::All } else { Quantifier::Any };
        let privileges = self.statement.privileges.quantifier.unwrap_or(default);
        let paths = self.statement.paths.quantifier.unwrap_or(default);
        let mut rows = self.grid.rows();
        let mut breach = Breach { can: !shall, cases: Vec::new(), count: 0, group: None };
        for who in subjects.iter().filter_map(|at| names.everybody.get(*at)) {
            let row = rows.row(who.id);
            let Some((path, found)) = self.against(&row, privileges, paths, shall) else { continue };
            breach.count += 1;
            if breach.cases.len() < MAX_CASES {
                breach.cases.push(Case { subject: who.id.to_owned(), privileges: found, path: path.into() });
            }
        }
        (breach.count > 0).then_some(breach)
    }

    /// The first path that speaks against it, with what somebody has there and should not, or lacks.
    fn against(
        &self,
        row: &Row<'_>,
        privileges: Quantifier,
        paths: Quantifier,
        shall: bool,
    ) -> Option<(&[u8], PrivSet)> {
        let asked = || self.distinct.iter().filter_map(|at| Some((*at, self.targets.get(*at)?)));
        let has = |at: usize, target: &Target| {
            let have = row.get(at).privs;
            match privileges {
                Quantifier::Any => target.items.iter().any(|item| have.contains_all(*item)),
                Quantifier::All => target.items.iter().all(|item| have.contains_all(*item)),
            }
        };
        let mut against = asked().filter(|(at, target)| has(*at, target) != shall);
        // "All" that shall be, and "any" that shall not, are disproved by one path; the others by every one.
        let (at, target) = if (paths == Quantifier::All) == shall {
            against.next()?
        } else {
            let all = asked().all(|(at, target)| has(at, target) != shall);
            asked().next().filter(|_| all)?
        };
        let have = row.get(at).privs;
        let mut items = target.items.iter().filter(|item| have.contains_all(**item) != shall);
        let found = match (privileges, shall) {
            (Quantifier::Any, _) => items.next().copied().unwrap_or_default(),
            (Quantifier::All, _) => items.fold(PrivSet::EMPTY, |all, item| all | *item),
        };
        Some((target.path.as_slice(), if shall { found - have } else { found }))
    }
}
