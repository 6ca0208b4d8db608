//! The shortest chain to what a search found: its steps in an order in which each has what it needs.

use super::places::PlaceIx;
use super::search::{Effect, Search, Want};
use super::{Edge, Fact, Reach};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::SubjectIx;
use rustc_hash::FxHashMap;

/// Goals of becoming somebody else, or of coming into a group, that are told; others are left out.
const CHAINS: usize = 50;

/// What goals have in common that differ only in the object: the edge, the privileges with the moves that gave them, the pool.
type Alike = (Edge, Vec<(Priv, Option<usize>)>, Option<PlaceIx>);

/// Something that is reached, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// How much it is.
    pub reach: Reach,
    /// What it is.
    pub fact: Fact,
    /// The places of the same that the same chain reaches, when it is about places; the first is the fact's own.
    pub places: Vec<PlaceIx>,
    /// Privileges that come in, on whatever path.
    pub gained: PrivSet,
    /// The chain; its last step gives the fact.
    pub steps: Vec<Step>,
}

impl Goal {
    /// The last edge of the chain.
    #[must_use]
    pub fn edge(&self) -> Option<Edge> {
        self.steps.last().map(|step| step.edge)
    }
}

impl Fact {
    /// The object or path that it is about, where several of the same are one goal.
    const fn place(self) -> Option<PlaceIx> {
        match self {
            Self::AnyRole(at)
            | Self::Pooled { object: at, .. }
            | Self::NodeAdmin(at)
            | Self::NodePrompt(at)
            | Self::GuestRoot(at)
            | Self::GuestData(at) => Some(at),
            _ => None,
        }
    }
}

/// A step of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The edge.
    pub edge: Edge,
    /// The privileges that it needs.
    pub needs: Vec<Need>,
    /// What it gives.
    pub gives: Fact,
}

/// A privilege that a step needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// The privilege.
    pub privilege: Priv,
    /// Where.
    pub at: PlaceIx,
    /// Where it comes from.
    pub by: By,
}

/// Where a privilege of a chain comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The subject has it from the beginning.
    Own,
    /// A step before, by its position in the chain.
    Step(usize),
}

impl Search<'_, '_, '_, '_, '_, '_> {
    /// Everything that is worth naming, the most first.
    pub(super) fn goals(&self) -> Vec<Goal> {
        let mut goals: Vec<Goal> = Vec::new();
        let root = self.ground.places.root;
        let missing = self.ground.everything - self.initial.get(root.index()).copied().unwrap_or_default();
        let on_root: Vec<_> = self.gains_on(root).filter(|gain| !gain.login).collect();
        let administrator = on_root.last().filter(|_| self.administrator());
        if let Some(last) = administrator {
            // Mostly the last move brings everything by itself; otherwise all are needed that brought something.
            let alone = last.whole.contains_all(missing);
            let before = on_root.iter().map(|gain| gain.by).filter(|by| !alone && *by != last.by).collect();
            goals.extend(self.goal(Reach::Administrator, last.by, before, missing));
        }
        let gained = self.gained();
        // Objects that one edge reaches by the same privilege are one goal.
        let mut alike: FxHashMap<Alike, usize> = FxHashMap::default();
        let mut chains = 0;
        for (by, one) in self.moves.iter().enumerate() {
            let reach = match one.gives {
                Fact::NodeRoot => Reach::NodeRoot,
                Fact::Devices(_) | Fact::Storages | Fact::NodeAdmin(_) => Reach::Host,
                Fact::NodePrompt(_) | Fact::GuestRoot(_) | Fact::GuestData(_) => Reach::Guest,
                Fact::Directory(_) => Reach::Privileges,
                Fact::AnyRole(_)
                | Fact::OwnRoles(_)
                | Fact::Rights { .. }
                | Fact::Member { .. }
                | Fact::Pooled { .. } => {
                    // Whoever has everything has these as well.
                    if administrator.is_some() || !gained.contains_key(&by) {
                        continue;
                    }
                    Reach::Privileges
                }
            };
            let brought = gained.get(&by).copied().unwrap_or_default();
            if let Some(at) = one.gives.place() {
                let key = one.wants.iter().filter_map(|want| match want {
                    Want::Holds { privilege, at, login } => Some((*privilege, self.source(*privilege, *at, *login))),
                    Want::Being(_) => None,
                });
                let pool = match one.gives {
                    Fact::Pooled { pool, .. } => Some(pool),
                    _ => None,
                };
                let next = goals.len();
                let known = *alike.entry((one.edge, key.collect(), pool)).or_insert(next);
                if let Some(goal) = goals.get_mut(known) {
                    goal.places.push(at);
                    goal.gained |= brought;
                    continue;
                }
            } else if reach == Reach::Privileges {
                chains += 1;
                if chains > CHAINS {
                    continue;
                }
            }
            goals.extend(self.goal(reach, by, Vec::new(), brought));
        }
        goals.sort_by_key(|goal| goal.reach);
        goals
    }

    /// For each move: the privileges that it brought, on whatever path.
    fn gained(&self) -> FxHashMap<usize, PrivSet> {
        let mut gained: FxHashMap<usize, PrivSet> = FxHashMap::default();
        for gain in self.gains.iter().filter(|gain| !gain.login) {
            *gained.entry(gain.by).or_default() |= gain.bits;
        }
        gained
    }

    fn goal(&self, reach: Reach, by: usize, before: Vec<usize>, gained: PrivSet) -> Option<Goal> {
        let mut chain = Chain { search: self, steps: Vec::new(), known: FxHashMap::default() };
        for by in before {
            chain.step(by)?;
        }
        chain.step(by)?;
        let fact = self.moves.get(by)?.gives;
        let places = fact.place().into_iter().collect();
        Some(Goal { reach, fact, places, gained, steps: chain.steps })
    }

    /// The first move that gave the privilege; nothing when it was there from the beginning.
    fn source(&self, privilege: Priv, at: PlaceIx, login: bool) -> Option<usize> {
        let own = self.initial.get(at.index()).is_some_and(|has| has.contains(privilege));
        if own && (!login || !super::is_token(self.id)) {
            return None;
        }
        let gives = |gain: &&super::search::Gain| gain.login == login && gain.bits.contains(privilege);
        self.gains_on(at).find(gives).map(|gain| gain.by)
    }

    /// The first move that gave the rights of a user.
    fn becoming(&self, user: SubjectIx) -> Option<usize> {
        let gives = |one: &super::search::Move| matches!(one.gives, Fact::Rights { of, .. } if of == user);
        self.moves.iter().position(|one| gives(one) && one.effect != Effect::Nothing)
    }
}

struct Chain<'c, 's, 'g, 'x, 'e, 'p, 'a> {
    search: &'c Search<'s, 'g, 'x, 'e, 'p, 'a>,
    steps: Vec<Step>,
    /// Steps by move.
    known: FxHashMap<usize, usize>,
}

impl Chain<'_, '_, '_, '_, '_, '_, '_> {
    /// Adds a move behind all that it needs, which is of earlier rounds; the step that it is.
    fn step(&mut self, by: usize) -> Option<usize> {
        if let Some(known) = self.known.get(&by) {
            return Some(*known);
        }
        let one = self.search.moves.get(by)?;
        let mut needs = Vec::new();
        for want in &one.wants {
            match *want {
                Want::Holds { privilege, at, login } => {
                    let by = match self.search.source(privilege, at, login) {
                        Some(source) => By::Step(self.step(source)?),
                        None => By::Own,
                    };
                    needs.push(Need { privilege, at, by });
                }
                Want::Being(user) => {
                    self.step(self.search.becoming(user)?)?;
                }
            }
        }
        let next = self.steps.len();
        self.steps.push(Step { edge: one.edge, needs, gives: one.gives });
        self.known.insert(by, next);
        Some(next)
    }
}
