//! How rights grow into more rights: who can reach more than the files give, and by which shortest chain.
//!
//! Facts are privileges on paths, being somebody else, and what lies outside of privileges: root on a node, any storage
//! definition, what is inside a guest. The edges ([`Edge`]) are consequences of powerful privileges in PVE's own code; each
//! adds facts and takes none away. From the rights that somebody has, all edges are tried in rounds until nothing is added:
//! the first edge that gave a fact is kept, and so the chain to any fact is one of the fewest rounds.
//!
//! What bounds the work: privileges are kept as sets, on places where paths on which everybody has the same rights are one;
//! users of the same groups without ACLs of their own are looked at once; who reaches Administrator isn't followed further;
//! and a search ends after [`MAX_ROUNDS`] rounds or when it has taken over [`Escalation::budget`] rights of others. So all
//! subjects cost at most subjects times places times those, and in practice little more than asking each for its rights
//! once.
//!
//! Delegation isn't escalation: whoever has VM.Allocate on a guest may hand on what he has there (from PVE 8 on no more
//! than that), which [`Escalation::delegates`] tells apart. What only root@pam may set (bind mounts, raw devices, hookscripts) is
//! no edge. Words for all this are [`words`]' work, and nothing is printed.

mod chain;
mod edges;
mod places;
mod search;
pub mod words;

pub use chain::{By, Goal, Need, Step};
pub use edges::Edge;
pub use places::{Place, PlaceIx, World};

use super::{Access, Grid, LookedUp};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectIx, SubjectKind, split_token};
use places::Places;
use search::Search;
use std::collections::BTreeMap;

/// Rounds after which a search ends, found something or not.
pub const MAX_ROUNDS: u32 = 32;
/// Rows of rights that all searches together may work out, beside one for each subject.
const ROWS: usize = 50_000;
/// And that each may at least.
const ROWS_EACH: usize = 50;

/// Something that can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fact {
    /// Any role on a path, and below it where no ACL for the same subject says otherwise.
    AnyRole(PlaceIx),
    /// Every privilege wherever somebody has a role of the file's own.
    OwnRoles(SubjectIx),
    /// All rights of a user; with `login` as that user, otherwise by a token of it.
    Rights {
        /// The user.
        of: SubjectIx,
        /// Whether by logging in.
        login: bool,
    },
    /// A user is in a group.
    Member {
        /// The user.
        user: SubjectIx,
        /// The group.
        group: SubjectIx,
    },
    /// A guest or storage is in a pool.
    Pooled {
        /// The guest or storage.
        object: PlaceIx,
        /// The pool.
        pool: PlaceIx,
    },
    /// Users and groups are what the directory of a realm says.
    Directory(PlaceIx),
    /// Root on a node, and so on the whole cluster.
    NodeRoot,
    /// Devices of a node inside a guest; the path says which mappings.
    Devices(PlaceIx),
    /// Any storage definition: any path of a node, any server.
    Storages,
    /// Network, DNS, packages, certificates and disks of a node.
    NodeAdmin(PlaceIx),
    /// The login prompt of a node.
    NodePrompt(PlaceIx),
    /// Root inside a guest.
    GuestRoot(PlaceIx),
    /// A copy of a guest's disks.
    GuestData(PlaceIx),
}

/// How much something is, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reach {
    /// Every privilege on everything.
    Administrator,
    /// Root on a node.
    NodeRoot,
    /// A hold on nodes: devices, storages, the node's configuration.
    Host,
    /// More privileges than there were.
    Privileges,
    /// Into a guest or to a login prompt, by what the privileges are there for.
    Guest,
}

/// What somebody reaches.
#[derive(Clone, Debug)]
pub struct Reached {
    /// Who: users and tokens that have the same rights; the first was looked at.
    pub who: Vec<SubjectIx>,
    /// Has every privilege on `/` from the beginning; nothing else was looked for.
    pub full: bool,
    /// What was there on `/` from the beginning.
    pub on_root: PrivSet,
    /// The search came to its bounds, and there may be more.
    pub cut: bool,
    /// What can be reached, the most first.
    pub goals: Vec<Goal>,
}

/// The search for one `user.cfg`.
#[derive(Debug)]
pub struct Escalation<'e, 'c, 'a> {
    access: &'e Access<'c, 'a>,
    /// The same, if every role of the file's own held every privilege.
    full: Access<'c, 'a>,
    places: Places<'a>,
    sets: edges::Sets,
    everything: PrivSet,
}

impl<'e, 'c, 'a> Escalation<'e, 'c, 'a> {
    /// Prepares the search.
    #[must_use]
    pub fn new(access: &'e Access<'c, 'a>, world: &World) -> Self {
        let everything = PrivSet::all(access.cfg.release);
        let own = |role: &crate::model::user::Role<'_>| {
            if role.builtin.is_none() { everything } else { role.privileges }
        };
        Self {
            access,
            full: Access::with_roles(access.cfg, own),
            places: Places::new(access, world),
            sets: edges::Sets::new(),
            everything,
        }
    }

    /// The place at `at`.
    #[must_use]
    pub fn place(&self, at: PlaceIx) -> Option<&Place> {
        self.places.get(at)
    }

    /// What each user and token reaches, in the order of their lines. Tokens without privilege separation are with their user.
    #[must_use]
    pub fn everybody(&self) -> Vec<Reached> {
        self.those(|_| true)
    }

    /// The same of those that `wanted` takes; of some that are alike it is asked about one.
    #[must_use]
    pub fn those(&self, wanted: impl Fn(SubjectIx) -> bool) -> Vec<Reached> {
        let mut alike = self.alike();
        alike.retain(|who| who.first().is_some_and(|first| wanted(*first)));
        let budget = Self::budget(alike.len());
        let (grid, full) = (self.grid(self.access), self.grid(&self.full));
        let (mut rows, mut full) = (grid.rows(), full.rows());
        let reached = |who: Vec<SubjectIx>| {
            let id = who.first().map(|first| self.access.cfg.subject_id(*first)).unwrap_or_default();
            Reached { who, ..Search::new(self, &mut rows, &mut full, id, budget).run() }
        };
        alike.into_iter().map(reached).collect()
    }

    /// What `subject` reaches.
    #[must_use]
    pub fn of(&self, subject: &[u8]) -> Reached {
        let (grid, full) = (self.grid(self.access), self.grid(&self.full));
        let (mut rows, mut full) = (grid.rows(), full.rows());
        let kinds = [SubjectKind::Token, SubjectKind::User];
        let who = kinds.into_iter().find_map(|kind| self.access.cfg.subject_ix(kind, subject)).into_iter().collect();
        Reached { who, ..Search::new(self, &mut rows, &mut full, subject, Self::budget(1)).run() }
    }

    /// Everything that `subject` can come to have, by place. Of whoever can become administrator not everything is listed.
    #[must_use]
    pub fn rights(&self, subject: &[u8]) -> Vec<(&Place, PrivSet)> {
        let (grid, full) = (self.grid(self.access), self.grid(&self.full));
        let (mut rows, mut full) = (grid.rows(), full.rows());
        let rights = Search::new(self, &mut rows, &mut full, subject, Self::budget(1)).rights();
        self.places.list.iter().zip(rights).collect()
    }

    /// Where `subject` may hand on what it has, and take it from others, without Permissions.Modify: paths and the privilege that
    /// allows it. From PVE 8 on; in 7 this is any role, and so an edge.
    #[must_use]
    pub fn delegates(&self, subject: &[u8]) -> Vec<(Priv, &Place)> {
        let delegates = |place: &Place| {
            let has = self.access.effective(subject, &place.path).privs;
            let by = (has & self.sets.allocates(place.kind)).iter().next();
            by.filter(|_| !has.intersects(self.sets.acl_modify))
        };
        self.places.list.iter().filter_map(|place| Some((delegates(place)?, place))).collect()
    }

    /// Rows of rights that one of so many searches may work out.
    fn budget(searches: usize) -> usize {
        (ROWS / searches.max(1)).max(ROWS_EACH)
    }

    fn grid<'g>(&self, access: &'g Access<'c, 'a>) -> Grid<'g, 'c, 'a> {
        Grid::new(access, self.places.list.iter().map(|place| place.path.as_slice()))
    }

    /// Users and tokens in parts that have the same rights.
    fn alike(&self) -> Vec<Vec<SubjectIx>> {
        let (access, cfg) = (self.access, self.access.cfg);
        let mut parts: Vec<Vec<SubjectIx>> = Vec::new();
        let mut known: BTreeMap<&[SubjectIx], usize> = BTreeMap::new();
        for user in cfg.users.iter().filter(|user| user.id.value != ROOT) {
            let tokens = user.tokens.iter().filter_map(|token| cfg.tokens.get(token.index()));
            let full = tokens.filter(|token| !token.privsep.value).map(|token| token.subject);
            let next = parts.len();
            // What a login can do that a token can't differs by realm in PVE 7: only pam's users get a shell there.
            let plain = !access.is_named(user.subject) && !user.id.value.ends_with(b"@pam");
            let groups = access.groups_of(user.subject);
            let at = if plain { *known.entry(groups).or_insert(next) } else { next };
            if at == next {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.get_mut(at) {
                part.push(user.subject);
                part.extend(full);
            }
        }
        let separate = cfg.tokens.iter().filter(|token| token.privsep.value && access.is_named(token.subject));
        parts.extend(separate.map(|token| vec![token.subject]));
        parts
    }
}

/// Where a chain to administrator, or to root on a node, can begin. Every such chain needs one of a few privileges from the
/// beginning, wherever it is held (see `edges`), so that most subjects needn't be searched.
#[derive(Clone, Debug)]
pub struct Beginnings<'e, 'c, 'a> {
    access: &'e Access<'c, 'a>,
    root: LookedUp,
    needed: PrivSet,
}

impl<'e, 'c, 'a> Beginnings<'e, 'c, 'a> {
    /// For those that `access` is about.
    #[must_use]
    pub fn of(access: &'e Access<'c, 'a>) -> Self {
        Self { access, root: access.look_up(b"/"), needed: edges::beginnings() }
    }

    /// Whether a chain can begin with what `who` has.
    #[must_use]
    pub fn can_begin(&self, who: SubjectIx) -> bool {
        let access = self.access;
        let holds = |one: SubjectIx| access.cells(one).iter().any(|cell| cell.here.privs.intersects(self.needed));
        (holds(who) || access.groups_of(who).iter().any(|group| holds(*group)))
            && access.effective_on(who, &self.root).privs != PrivSet::all(access.cfg.release)
    }
}

/// Whether `id` is a token's.
fn is_token(id: &[u8]) -> bool {
    split_token(id).is_ok()
}
