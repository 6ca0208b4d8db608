//! One subject's search: rounds of edges over what it has, until nothing is added.

use super::places::PlaceIx;
use super::{Edge, Escalation, Fact, MAX_ROUNDS, Reached, is_token};
use crate::access::{Access, Rows};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectIx, SubjectKind, token_parts};
use crate::release::Release;
use rustc_hash::{FxHashMap, FxHashSet};

/// What an edge asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want {
    /// A privilege on a place.
    Holds {
        privilege: Priv,
        at: PlaceIx,
        /// Not by a token.
        login: bool,
    },
    /// To have the rights of a user.
    Being(SubjectIx),
}

impl Want {
    pub(super) const fn on(privilege: Priv, at: PlaceIx) -> Self {
        Self::Holds { privilege, at, login: false }
    }

    pub(super) const fn login(privilege: Priv, at: PlaceIx) -> Self {
        Self::Holds { privilege, at, login: true }
    }
}

/// Whose rights come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A user's.
    User(SubjectIx),
    /// A user's, if it were in the group.
    Member(SubjectIx, SubjectIx),
    /// Somebody's, if the file's own roles held everything.
    OwnRoles(SubjectIx),
}

/// What a move does to the rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing: what it gives lies outside of privileges.
    Nothing,
    /// Rights of others come in.
    Row { of: Source, login: bool },
    /// Privileges come in.
    Bits { bits: Vec<(PlaceIx, PrivSet)>, login: bool },
}

/// An edge that can be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub(super) edge: Edge,
    pub(super) wants: Vec<Want>,
    pub(super) gives: Fact,
    pub(super) effect: Effect,
}

impl Move {
    pub(super) fn fact(edge: Edge, wants: Vec<Want>, gives: Fact) -> Self {
        Self { edge, wants, gives, effect: Effect::Nothing }
    }
}

/// Privileges that a move brought.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gain {
    /// What was new.
    pub(super) bits: PrivSet,
    /// All that the move gives there.
    pub(super) whole: PrivSet,
    pub(super) login: bool,
    /// Position in [`Search::moves`].
    pub(super) by: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Search<'s, 'g, 'x, 'e, 'c, 'a> {
    pub(super) ground: &'s Escalation<'e, 'c, 'a>,
    rows: &'s mut Rows<'g, 'x, 'c, 'a>,
    full: &'s mut Rows<'g, 'x, 'c, 'a>,
    /// The subject, as it is written.
    pub(super) id: &'s [u8],
    /// The user or token whose rights they are.
    pub(super) me: Option<SubjectIx>,
    /// The user to whom new ACLs would be given; nobody for a token with privilege separation, which needs them twice.
    pub(super) grantee: Option<SubjectIx>,
    /// Rights by place: at the beginning, by now, and by now without a token.
    pub(super) initial: Vec<PrivSet>,
    all: Vec<PrivSet>,
    /// What is there on any place by now.
    any: PrivSet,
    login: Vec<PrivSet>,
    /// The moves that gave something, in the order of the rounds.
    pub(super) moves: Vec<Move>,
    pub(super) gains: Vec<Gain>,
    /// For each place, the positions of its gains.
    gains_on: FxHashMap<PlaceIx, Vec<usize>>,
    /// The facts there are.
    facts: FxHashSet<Fact>,
    /// The users whose rights are in, and whether by login.
    users: FxHashMap<SubjectIx, bool>,
    budget: usize,
}

impl<'s, 'g, 'x, 'e, 'c, 'a> Search<'s, 'g, 'x, 'e, 'c, 'a> {
    pub(super) fn new(
        ground: &'s Escalation<'e, 'c, 'a>,
        rows: &'s mut Rows<'g, 'x, 'c, 'a>,
        full: &'s mut Rows<'g, 'x, 'c, 'a>,
        id: &'s [u8],
        budget: usize,
    ) -> Self {
        let cfg = ground.access.cfg();
        let count = ground.places.list.len();
        let row = rows.row(id);
        let initial: Vec<_> = (0..count).map(|at| row.get(at).privs).collect();
        let user = |id: &[u8]| cfg.subject_ix(SubjectKind::User, id);
        let token = cfg.token(id);
        let owner = token_parts(id).and_then(|(owner, _)| user(owner));
        let (me, grantee) = match token {
            Some(token) if token.privsep.value => (Some(token.subject), None),
            Some(_) => (owner, owner),
            None => (user(id), user(id)),
        };
        let login = if is_token(id) { vec![PrivSet::EMPTY; count] } else { initial.clone() };
        Self {
            ground,
            rows,
            full,
            id,
            me,
            grantee,
            any: initial.iter().fold(PrivSet::EMPTY, |any, has| any | *has),
            all: initial.clone(),
            initial,
            login,
            moves: Vec::new(),
            gains: Vec::new(),
            gains_on: FxHashMap::default(),
            facts: FxHashSet::default(),
            users: FxHashMap::default(),
            budget,
        }
    }

    /// What is reached.
    pub(super) fn run(mut self) -> Reached {
        let on_root = self.initial.get(self.ground.places.root.index()).copied().unwrap_or_default();
        let full = self.administrator() || self.id == ROOT;
        let cut = !full && self.exhaust();
        let goals = if full { Vec::new() } else { self.goals() };
        Reached { who: Vec::new(), full, on_root, cut, goals }
    }

    /// The rights on every place in the end.
    pub(super) fn rights(mut self) -> Vec<PrivSet> {
        self.exhaust();
        self.all
    }

    /// Goes on until nothing is added, or everything is there; whether it had to end before.
    fn exhaust(&mut self) -> bool {
        let mut cut = false;
        for _ in 0..MAX_ROUNDS {
            if self.administrator() {
                return cut;
            }
            let mut added = false;
            for one in self.edges() {
                // Whoever has everything needs nobody's rights any more.
                let row = matches!(one.effect, Effect::Row { .. });
                if row && (self.administrator() || self.budget == 0) {
                    cut |= !self.administrator();
                    continue;
                }
                added |= self.go(one);
            }
            if !added {
                return cut;
            }
        }
        true
    }

    /// Whether every privilege on `/` is there.
    pub(super) fn administrator(&self) -> bool {
        self.on(self.ground.places.root).contains_all(self.ground.everything)
    }

    pub(super) fn access(&self) -> &'e Access<'c, 'a> {
        self.ground.access
    }

    pub(super) fn release(&self) -> Release {
        self.access().cfg().release
    }

    /// The rights on a place by now.
    pub(super) fn on(&self, at: PlaceIx) -> PrivSet {
        self.all.get(at.index()).copied().unwrap_or_default()
    }

    /// The same, without tokens.
    pub(super) fn login_on(&self, at: PlaceIx) -> PrivSet {
        self.login.get(at.index()).copied().unwrap_or_default()
    }

    /// The rights on any place by now.
    pub(super) const fn any(&self) -> PrivSet {
        self.any
    }

    /// One of `wanted` that is there on the place.
    pub(super) fn one_of(&self, at: PlaceIx, wanted: PrivSet) -> Option<Priv> {
        (self.on(at) & wanted).iter().next()
    }

    /// The users that the subject is by now, itself left out.
    pub(super) fn identities(&self) -> Vec<(SubjectIx, bool)> {
        let mut users: Vec<_> = self.users.iter().map(|(user, login)| (*user, *login)).collect();
        users.sort_unstable();
        users
    }

    /// Goes an edge; whether it gave anything new.
    fn go(&mut self, one: Move) -> bool {
        if self.facts.contains(&one.gives) {
            // An ACL that can be given can be given again when more has come into reach by it.
            if !matches!(one.effect, Effect::Bits { .. }) {
                return false;
            }
        }
        let by = self.moves.len();
        let new = match &one.effect {
            Effect::Nothing => true,
            Effect::Bits { bits, login } => {
                let mut new = false;
                for (at, bits) in bits {
                    new |= self.gain(*at, *bits, *login, by);
                }
                new
            }
            Effect::Row { of, login } => self.take_over(*of, *login, by),
        };
        self.facts.insert(one.gives);
        if new {
            self.moves.push(one);
        }
        new
    }

    /// Takes over the rights of a row; whether there was anything new among them.
    fn take_over(&mut self, of: Source, login: bool, by: usize) -> bool {
        self.budget = self.budget.saturating_sub(1);
        let cfg = self.access().cfg();
        let row = match of {
            Source::User(user) => self.rows.row(cfg.subject_id(user)),
            Source::Member(user, group) => self.rows.row_as_member(user, group),
            Source::OwnRoles(subject) => self.full.row(cfg.subject_id(subject)),
        };
        let bits: Vec<_> = (0..self.all.len()).map(|at| row.get(at).privs).collect();
        let mut new = false;
        for (at, bits) in bits.into_iter().enumerate() {
            new |= self.gain(PlaceIx::new(at), bits, login, by);
        }
        if let Source::User(user) = of {
            let known = self.users.get(&user).copied();
            // What one is matters even where it brings no privilege: groups can be joined as that user, and roles edited.
            new |= known.is_none() || (login && known == Some(false));
            self.users.insert(user, login || known == Some(true));
        }
        new
    }

    fn gain(&mut self, at: PlaceIx, whole: PrivSet, login: bool, by: usize) -> bool {
        let mut new = false;
        let sides = [(false, Some(&mut self.all)), (true, Some(&mut self.login).filter(|_| login))];
        for (login, side) in sides {
            let Some(has) = side.and_then(|side| side.get_mut(at.index())) else { continue };
            let bits = whole - *has;
            if !bits.is_empty() {
                *has |= bits;
                self.any |= bits;
                self.gains_on.entry(at).or_default().push(self.gains.len());
                self.gains.push(Gain { bits, whole, login, by });
                new = true;
            }
        }
        new
    }

    /// What came in on a place, in the order of the rounds.
    pub(super) fn gains_on(&self, at: PlaceIx) -> impl Iterator<Item = &Gain> {
        self.gains_on.get(&at).into_iter().flatten().filter_map(|gain| self.gains.get(*gain))
    }
}
