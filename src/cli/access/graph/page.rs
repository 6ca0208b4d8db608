//! What the page embeds: everybody's rights on every path, and the entries that they come from, small.
//!
//! Paths fall into classes on which everybody has the same rights; a row holds runs of equal cells over the classes; subjects
//! with the same rights from the same entries share a row; a cell is a set and a reason, both by number.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hash;

use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::super::{Ask, Failure};
use super::{GraphArgs, subject_id};
use crate::access::graph::is_looked_at;
use crate::access::{At, Grid, Origin, Privs, Rows, Strength, places};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectIx, SubjectKind, split_token};

/// Numbers in rows and reasons, about 7 bytes each. A page with more would be slow to load.
const NUMBERS: usize = 5_000_000;

/// The data of the page.
#[derive(Debug, Serialize)]
pub(super) struct Data {
    schema_version: u32,
    question: &'static str,
    version: &'static str,
    source: String,
    release: u8,
    privileges: Vec<&'static str>,
    roles: Vec<(String, Vec<usize>)>,
    pub(super) paths: Vec<String>,
    /// For each path, its class: the place of its cell in an expanded row.
    classes: Vec<u32>,
    class_count: usize,
    /// Places of paths that PVE never looks at.
    unchecked: Vec<usize>,
    groups: Vec<String>,
    pub(super) subjects: Vec<Subject>,
    sets: Vec<Set>,
    /// A set, and where it comes from: into `sets` and `whys`.
    cells: Vec<(u32, u32)>,
    /// Cell, how often, cell, how often.
    rows: Vec<Vec<u32>>,
    whys: Vec<Why>,
    /// Subject and path, by their places in `names`, role, propagate, line.
    entries: Vec<(u32, u32, u32, bool, u32)>,
    /// Each once, because one line can have a thousand entries on a path of any length.
    names: Vec<String>,
    pools: Vec<String>,
}

/// A user or token.
#[derive(Debug, Serialize)]
pub(super) struct Subject {
    id: String,
    kind: &'static str,
    ghost: bool,
    root: bool,
    disabled: bool,
    expire: u64,
    /// For a token: its owner's place in the list.
    owner: Option<usize>,
    privsep: bool,
    groups: Vec<u32>,
    row: u32,
}

/// A set of privileges, by number.
#[derive(Debug, Serialize)]
struct Set {
    level: &'static str,
    privs: Vec<usize>,
    /// Those without the propagate bit.
    here: Vec<usize>,
}

/// The entries that decide: on the way to the path, and for each pool.
type Why = (Vec<u32>, Vec<(u32, Vec<u32>)>);

/// Things by number, each once.
#[derive(Debug)]
struct Numbers<T> {
    of: FxHashMap<T, u32>,
    list: Vec<T>,
}

impl<T: Clone + Eq + Hash> Numbers<T> {
    fn new() -> Self {
        Self { of: FxHashMap::default(), list: Vec::new() }
    }

    fn number(&mut self, thing: T) -> u32 {
        if let Some(number) = self.of.get(&thing) {
            return *number;
        }
        let number = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(thing.clone());
        self.of.insert(thing, number);
        number
    }
}

/// What is gathered while going through the subjects.
struct Gathered<'e, 'c, 'a> {
    ask: &'e Ask<'c, 'a>,
    sets: Numbers<Privs>,
    whys: Numbers<Why>,
    cells: Numbers<(u32, u32)>,
    rows: Numbers<Vec<u32>>,
    /// Positions in the file's list of entries.
    entries: Numbers<u32>,
    pools: Numbers<usize>,
    groups: Numbers<SubjectIx>,
    /// Rows of users without entries of their own, by their groups.
    plain: FxHashMap<Vec<SubjectIx>, u32>,
    numbers: usize,
    /// The order of the classes in rows.
    order: Vec<u32>,
}

/// Works the data out.
pub(super) fn data(ask: &Ask<'_, '_>, args: &GraphArgs) -> Result<Data, Failure> {
    let cfg = ask.cfg;
    let paths = paths(ask, args)?;
    let chosen = subjects(ask, args);
    let grid = Grid::new(&ask.access, &paths);
    let mut rows = grid.rows();
    let mut gathered = Gathered {
        ask,
        sets: Numbers::new(),
        whys: Numbers::new(),
        cells: Numbers::new(),
        rows: Numbers::new(),
        entries: Numbers::new(),
        pools: Numbers::new(),
        groups: Numbers::new(),
        plain: FxHashMap::default(),
        numbers: 0,
        order: grid.neighbours(),
    };
    gathered.sets.number(Privs::default());
    gathered.whys.number(Why::default());

    let place: FxHashMap<SubjectIx, usize> = chosen.values().enumerate().map(|(at, ix)| (*ix, at)).collect();
    let mut subjects = Vec::new();
    for ix in chosen.values() {
        let Some(subject) = cfg.subject(*ix) else { continue };
        let token = cfg.token(subject.id).filter(|_| subject.kind == SubjectKind::Token);
        let owner = split_token(subject.id).ok().filter(|_| token.is_some());
        let owner = owner.and_then(|(owner, _)| cfg.subject_ix(SubjectKind::User, owner));
        let user = cfg.user(owner.map_or(subject.id, |owner| cfg.subject_id(owner)));
        let row =
            gathered.row(*ix, owner.filter(|_| token.is_some_and(|token| !token.privsep.value)), &grid, &mut rows);
        if gathered.numbers > NUMBERS {
            let narrower = "narrow it down with --subject and --path";
            return Err(Failure::Usage(format!("the page would be too large for a browser; {narrower}")));
        }
        let groups = ask.access.groups_of(*ix).iter().map(|group| gathered.groups.number(*group)).collect();
        subjects.push(Subject {
            id: subject.id.to_str_lossy().into_owned(),
            kind: subject.kind.name(),
            ghost: !subject.defined(),
            root: subject.id == ROOT,
            disabled: user.is_some_and(|user| !user.enable.value && user.line.is_some()),
            expire: token.map_or_else(|| user.map_or(0, |user| user.expire.value), |token| token.expire.value),
            owner: owner.and_then(|owner| place.get(&owner).copied()),
            privsep: token.is_some_and(|token| token.privsep.value),
            groups,
            row,
        });
    }
    Ok(gathered.finish(&grid, &paths, subjects))
}

/// Paths with ACLs, those that every installation has, and all that exist; or those of them that are asked for.
fn paths(ask: &Ask<'_, '_>, args: &GraphArgs) -> Result<Vec<Vec<u8>>, Failure> {
    let cfg = ask.cfg;
    let mut paths: BTreeSet<Vec<u8>> = places::TOP.iter().map(|path| path.as_bytes().to_vec()).collect();
    let nodes: BTreeSet<_> = cfg.acl.iter().map(|entry| entry.node).collect();
    paths.extend(nodes.into_iter().map(|node| Vec::from(cfg.tree.path(node))));
    paths.extend(places::existing(ask.cluster, cfg));
    paths.extend(args.named_paths(ask)?);
    args.check(ask, paths.iter().map(|path| path.to_str_lossy()))?;
    if !args.paths.is_empty() {
        paths.retain(|path| args.wants_path(&path.to_str_lossy()));
    }
    Ok(paths.into_iter().collect())
}

/// Users and tokens by their ids; owners come with their tokens, and members with their groups.
fn subjects<'a>(ask: &Ask<'_, 'a>, args: &GraphArgs) -> BTreeMap<(&'a [u8], SubjectKind), SubjectIx> {
    let cfg = ask.cfg;
    let mut chosen = BTreeMap::new();
    for (at, subject) in cfg.subjects.iter().enumerate() {
        let ix = SubjectIx::new(at);
        let counts = match subject.kind {
            SubjectKind::Group => false,
            SubjectKind::User => true,
            SubjectKind::Token => subject.defined() || ask.access.is_named(ix),
        };
        let wanted = || {
            let groups = ask.access.groups_of(ix).iter().filter_map(|group| cfg.subject(*group));
            args.wants_subject(&subject_id(subject))
                || groups.into_iter().any(|group| args.wants_subject(&subject_id(group)))
        };
        if counts && (args.subjects.is_empty() || wanted()) {
            chosen.insert((subject.id.as_bytes(), subject.kind), ix);
            let owner = split_token(subject.id).ok().filter(|_| subject.kind == SubjectKind::Token);
            let owner = owner.and_then(|(owner, _)| cfg.subject_ix(SubjectKind::User, owner));
            if let Some(owner) = owner {
                chosen.insert((cfg.subject_id(owner).as_bytes(), SubjectKind::User), owner);
            }
        }
    }
    chosen
}

impl Gathered<'_, '_, '_> {
    /// The number of the row of `subject`, whose rights are those of `as_owner` for a token without privilege separation.
    fn row(
        &mut self,
        subject: SubjectIx,
        as_owner: Option<SubjectIx>,
        grid: &Grid<'_, '_, '_>,
        rows: &mut Rows<'_, '_, '_, '_>,
    ) -> u32 {
        let access = &self.ask.access;
        let from = as_owner.unwrap_or(subject);
        let id = self.ask.cfg.subject_id(subject);
        let is_user = self.ask.cfg.subject(from).is_some_and(|from| from.kind == SubjectKind::User);
        let plain = is_user && *self.ask.cfg.subject_id(from) != *ROOT && !access.is_named(from);
        let groups = access.groups_of(from);
        if let Some(row) = self.plain.get(groups).filter(|_| plain) {
            return *row;
        }
        let row = rows.row(id);
        // root@pam's rights come from no entry, and a token that doesn't exist has none.
        let nobody = *self.ask.cfg.subject_id(from) == *ROOT || (!is_user && self.ask.cfg.token(id).is_none());
        let origins = if nobody { vec![Origin::default(); grid.classes()] } else { grid.origins(from) };
        let mut runs: Vec<u32> = Vec::new();
        let mut last: Option<(&Privs, &Origin)> = None;
        let mut whys: FxHashMap<&Origin, u32> = FxHashMap::default();
        let mut deciding: FxHashMap<At, Vec<u32>> = FxHashMap::default();
        let order = std::mem::take(&mut self.order);
        let by_class = |class: &u32| Some((row.classes().get(*class as usize)?, origins.get(*class as usize)?));
        for (privs, origin) in order.iter().filter_map(by_class) {
            if last != Some((privs, origin)) {
                let why = match whys.get(origin) {
                    Some(why) => *why,
                    None => {
                        let why = self.why(from, origin, &mut deciding);
                        *whys.entry(origin).or_insert(why)
                    }
                };
                let set = self.sets.number(*privs);
                let cell = self.cells.number((set, why));
                let length = runs.len();
                if runs.get(length.wrapping_sub(2)) != Some(&cell) {
                    runs.extend([cell, 0]);
                }
                last = Some((privs, origin));
            }
            if let Some(count) = runs.last_mut() {
                *count += 1;
            }
        }
        self.order = order;
        let known = self.rows.list.len();
        let length = runs.len();
        let row = self.rows.number(runs);
        if self.rows.list.len() > known {
            self.numbers += length;
        }
        if plain {
            self.plain.insert(groups.to_vec(), row);
        }
        row
    }

    /// The number of the reason: the entries that decide, and of them only NoAccess where it is among them.
    fn why(&mut self, subject: SubjectIx, origin: &Origin, deciding: &mut FxHashMap<At, Vec<u32>>) -> u32 {
        let access = &self.ask.access;
        let mut entries = |at: At| deciding.entry(at).or_insert_with(|| access.deciding(subject, at)).clone();
        let denies = |list: &[u32]| list.iter().any(|entry| access.denies_at(*entry));
        let mut direct = origin.direct.map(&mut entries).unwrap_or_default();
        let mut pools: Vec<(usize, Vec<u32>)> = Vec::new();
        if !denies(&direct) {
            pools.extend(origin.pools.iter().map(|(pool, at)| (pool.index(), entries(*at))));
        }
        if pools.iter().any(|(_, list)| denies(list)) {
            direct.clear();
            pools.retain(|(_, list)| denies(list));
        }
        let mut numbered =
            |list: Vec<u32>| -> Vec<u32> { list.into_iter().map(|at| self.entries.number(at)).collect() };
        let direct = numbered(direct);
        let pools: Vec<(u32, Vec<u32>)> =
            pools.into_iter().map(|(pool, list)| (self.pools.number(pool), numbered(list))).collect();
        let length = direct.len() + pools.iter().map(|(_, list)| list.len() + 1).sum::<usize>();
        let known = self.whys.list.len();
        let why = self.whys.number((direct, pools));
        if self.whys.list.len() > known {
            self.numbers += length;
        }
        why
    }

    fn finish(self, grid: &Grid<'_, '_, '_>, paths: &[Vec<u8>], subjects: Vec<Subject>) -> Data {
        let (ask, cfg) = (self.ask, self.ask.cfg);
        let all: Vec<Priv> = PrivSet::all(cfg.release).iter().collect();
        let numbers = |set: PrivSet| -> Vec<usize> {
            all.iter().enumerate().filter(|(_, one)| set.contains(**one)).map(|(at, _)| at).collect()
        };
        let text = |bytes: &[u8]| bytes.to_str_lossy().into_owned();
        let (mut roles, mut names, mut nodes) = (Numbers::new(), Numbers::new(), FxHashMap::default());
        let mut entries = Vec::new();
        for entry in self.entries.list.iter().filter_map(|at| cfg.acl.get(*at as usize)) {
            let subject = names.number(cfg.subject(entry.subject).map(subject_id).unwrap_or_default());
            let path = nodes.entry(entry.node).or_insert_with(|| names.number(text(&cfg.tree.path(entry.node))));
            entries.push((subject, *path, roles.number(entry.role), entry.propagate, ask.line(entry.line)));
        }
        let role = |role| {
            (text(cfg.role_name(role)), cfg.role_at(role).map(|role| numbers(role.privileges)).unwrap_or_default())
        };
        let set = |privs: &Privs| Set {
            level: Strength::of(privs.privs, cfg.release).name(),
            privs: numbers(privs.privs),
            here: numbers(privs.privs - privs.propagate),
        };
        let place: FxHashMap<u32, u32> = self.order.iter().copied().zip(0..).collect();
        let pool = |at: &usize| cfg.pools.get(*at).map(|pool| text(pool.name.value)).unwrap_or_default();
        Data {
            schema_version: 1,
            question: "graph",
            version: env!("CARGO_PKG_VERSION"),
            source: ask.file_name().to_owned(),
            release: cfg.release.major(),
            privileges: all.iter().map(|privilege| privilege.name()).collect(),
            roles: roles.list.into_iter().map(role).collect(),
            paths: paths.iter().map(|path| text(path)).collect(),
            classes: grid.class_of().iter().map(|class| place.get(class).copied().unwrap_or_default()).collect(),
            class_count: grid.classes(),
            unchecked: (0..)
                .zip(paths)
                .filter(|(_, path)| !is_looked_at(path, cfg.release))
                .map(|(at, _)| at)
                .collect(),
            groups: self.groups.list.iter().map(|group| text(cfg.subject_id(*group))).collect(),
            subjects,
            sets: self.sets.list.iter().map(set).collect(),
            cells: self.cells.list,
            rows: self.rows.list,
            whys: self.whys.list,
            entries,
            names: names.list,
            pools: self.pools.list.iter().map(pool).collect(),
        }
    }
}
