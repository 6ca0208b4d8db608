//! What every user and token may do: PVE's permission evaluation, to the letter.
//!
//! Mirrors `roles` in pve-access-control's `src/PVE/AccessControl.pm` and `permissions` in its `src/PVE/RPCEnvironment.pm`:
//! the ACL tree is walked down the path, a deeper node replaces what came from above, a user's own entries hide those of
//! its groups on the same node, pools add to their members, tokens with privilege separation are limited by their owner.
//!
//! [`Access::effective`] answers one question. [`Grid`] answers it for many subjects and paths. [`Access::derive`] and
//! [`Access::why_not`] say which lines of the file the answer comes from. Whether somebody may log in at all (enabled, not
//! expired, realm, secret) is no part of it, neither here nor in PVE. What PVE's operations ask for is [`operations`], what
//! known integrations need is [`profiles`], whether somebody has it [`fits`].

mod danger;
mod derive;
pub mod diff;
mod dump;
pub mod escalate;
mod explain;
pub mod fits;
mod fix;
pub mod graph;
mod grid;
pub mod names;
mod node_grants;
pub mod operations;
pub mod places;
pub mod policy;
mod privs;
pub mod profiles;
mod propose;
mod strength;
mod trace;

pub use danger::{Danger, dangerous, dangers_on};
pub use derive::{Derivation, Refusal, Step};
pub use dump::{Matrix, MatrixRow, matrix, set_value};
pub use explain::{Explainer, Sentence, near_path};
pub(crate) use fix::{revoke_remark, revoking, some_names};
pub use grid::{At, Grid, Origin, Row, Rows, Sides};
pub use node_grants::{NodeGrants, RoleSet};
pub use places::looked_up;
pub use privs::Privs;
pub use propose::{Change, Proposal, Way, apply};
pub use strength::Strength;
pub use trace::{Applied, Stop, Unused, WhyUnused};

use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{
    AclEntry, AclTree, NodeIx, Pool, PoolIx, ROOT, Role, RoleIx, SubjectIx, SubjectKind, Token, UserCfg, split_token,
};
use bstr::ByteSlice;
use privs::Grant;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// What one subject's entries on one node amount to.
#[derive(Clone, Copy, Debug)]
struct Cell {
    node: NodeIx,
    /// Position of the first of its entries in [`UserCfg::acl_by_subject`].
    first: u32,
    /// For the node's own path: all roles.
    here: Grant,
}

impl Cell {
    /// For paths below the node: only the roles that propagate.
    fn below(&self) -> Grant {
        self.here.passed()
    }
}

/// The permission engine for one `user.cfg`. Memory and time to build are linear in the file.
#[derive(Clone, Debug)]
pub struct Access<'c, 'a> {
    cfg: &'c UserCfg<'a>,
    /// What the role NoAccess holds: nothing, unless a role line extends it.
    no_access: PrivSet,
    /// Sorted by subject and node.
    cells: Vec<Cell>,
    /// For each subject, its part of `cells`.
    cells_of: Vec<Range<u32>>,
    /// For each subject, its part of `groups`: the groups it is a member of.
    groups_of: Vec<Range<u32>>,
    groups: Vec<SubjectIx>,
    /// The pools that hold a storage.
    storage_pools: FxHashMap<&'a [u8], Vec<PoolIx>>,
    /// The trail to each pool's path.
    pool_trails: Vec<Trail>,
}

/// The nodes of the ACL tree on the way to a path, as far as there are any: one, and those above it.
#[derive(Clone, Copy, Debug, Default)]
struct Trail {
    /// The deepest.
    node: Option<NodeIx>,
    /// Whether that is the path's own.
    exact: bool,
    /// Whether the root is among those above; it isn't for a path without `/` at its beginning.
    rooted: bool,
}

/// A path that was looked up once, for questions about several subjects.
#[derive(Clone, Debug)]
pub struct LookedUp {
    trail: Trail,
    pools: Vec<PoolIx>,
}

impl LookedUp {
    /// The pools whose rights reach it.
    #[must_use]
    pub fn pools(&self) -> &[PoolIx] {
        &self.pools
    }

    /// Whether there is a node for just this path: with an ACL on it, or on a path below. Paths without one that have
    /// the same parent and the same pools have the same rights.
    #[must_use]
    pub const fn has_acl(&self) -> bool {
        self.trail.exact
    }
}

/// Whose rights are asked for.
#[derive(Clone, Copy, Debug)]
enum Who<'c, 'a> {
    /// root@pam, or a token of it without privilege separation: everything, on every path.
    Root,
    /// A user, or a token of one without privilege separation. `None` when the file doesn't name him: no rights.
    User(Option<SubjectIx>),
    /// A token with privilege separation.
    Token(&'c Token<'a>),
    /// Not a user id and not a token that exists.
    Nobody,
}

impl<'c, 'a> Access<'c, 'a> {
    /// Prepares the answers for `cfg`, in the release that it was read for.
    #[must_use]
    pub fn new(cfg: &'c UserCfg<'a>) -> Self {
        Self::with_roles(cfg, |role| role.privileges)
    }

    /// The same, if the roles held what `privileges` says.
    fn with_roles(cfg: &'c UserCfg<'a>, privileges: impl Fn(&Role<'a>) -> PrivSet) -> Self {
        let roles: Vec<(PrivSet, bool)> =
            cfg.roles.iter().map(|role| (privileges(role), role.is_no_access())).collect();
        let mut cells: Vec<Cell> = Vec::with_capacity(cfg.acl.len());
        let mut last = None;
        for (first, at) in (0..).zip(cfg.acl_by_subject()) {
            let Some(entry) = cfg.acl.get(*at as usize) else { continue };
            let Some(&(privileges, no_access)) = roles.get(entry.role.index()) else { continue };
            let grant = Grant::role(privileges, entry.propagate, no_access);
            let place = Some((entry.subject, entry.node));
            match cells.last_mut() {
                Some(cell) if place == last => cell.here.unite(grant),
                _ => cells.push(Cell { node: entry.node, first, here: grant }),
            }
            last = place;
        }
        let subject =
            |cell: &Cell| Some(cfg.acl.get(*cfg.acl_by_subject().get(cell.first as usize)? as usize)?.subject);
        let cells_of = ranges(cfg.subjects.len(), cells.iter().filter_map(subject));

        let mut memberships: Vec<(SubjectIx, SubjectIx)> = cfg
            .groups
            .iter()
            .flat_map(|group| group.members.iter().map(|member| (member.value, group.subject)))
            .collect();
        memberships.sort_unstable();
        let groups_of = ranges(cfg.subjects.len(), memberships.iter().map(|(user, _)| *user));
        let groups = memberships.into_iter().map(|(_, group)| group).collect();

        let mut storage_pools: FxHashMap<&'a [u8], Vec<PoolIx>> = FxHashMap::default();
        for (at, pool) in cfg.pools.iter().enumerate() {
            for storage in &pool.storage {
                storage_pools.entry(storage.value).or_default().push(PoolIx::new(at));
            }
        }
        let no_access = cfg.role(b"NoAccess").map(&privileges).unwrap_or_default();
        let pool_trails = cfg.pools.iter().map(|pool| Trail::to(&cfg.tree, &pool_path(pool))).collect();
        Self { cfg, no_access, cells, cells_of, groups_of, groups, storage_pools, pool_trails }
    }

    /// The file that this is about.
    #[must_use]
    pub const fn cfg(&self) -> &'c UserCfg<'a> {
        self.cfg
    }

    /// The rights of `subject` (`name@realm` or `name@realm!token`) on `path`, which is taken literally as PVE does: not
    /// normalised. A user needn't be defined to have rights; a token must be.
    #[must_use]
    pub fn effective(&self, subject: &[u8], path: &[u8]) -> Privs {
        self.rights(self.who(subject), &self.look_up(path))
    }

    /// [`Access::effective`] for a user or token that the file names, on a path that was looked up before. Groups have nothing.
    #[must_use]
    pub fn effective_on(&self, subject: SubjectIx, path: &LookedUp) -> Privs {
        self.rights(self.who_is(subject), path)
    }

    /// Looks a path up for [`Access::effective_on`].
    #[must_use]
    pub fn look_up(&self, path: &[u8]) -> LookedUp {
        LookedUp { trail: Trail::to(&self.cfg.tree, path), pools: self.pool_indices(path).collect() }
    }

    /// The path of a node, looked up.
    #[must_use]
    pub fn look_up_node(&self, node: NodeIx) -> LookedUp {
        let tree = &self.cfg.tree;
        let at = tree.node(node);
        let kind = at.and_then(|at| tree.node(at.parent?)).filter(|above| above.parent == Some(AclTree::ROOT));
        let member = |top: &str| Some(at?.name.as_bytes()).filter(|_| kind.is_some_and(|kind| kind.name == top));
        let pools = self.pools_with(member("vms"), member("storage")).collect();
        LookedUp { trail: Trail { node: Some(node), exact: true, rooted: true }, pools }
    }

    fn rights(&self, who: Who<'_, '_>, path: &LookedUp) -> Privs {
        match who {
            Who::Nobody => Privs::default(),
            Who::Root => self.everything(),
            Who::User(user) => self.own(user, path).answer(),
            Who::Token(token) => {
                let own = self.own(Some(token.subject), path).answer();
                match self.owner(token) {
                    // PVE leaves root@pam's tokens unlimited: root has no ACLs to limit them by.
                    Who::Root => own,
                    owner => own.and(self.rights(owner, path)),
                }
            }
        }
    }

    /// Whether `subject` has `privilege` on `path`.
    #[must_use]
    pub fn has(&self, subject: &[u8], privilege: Priv, path: &[u8]) -> bool {
        self.effective(subject, path).has(privilege)
    }

    /// The roles of `subject` on `path` with their propagate bits, by name, before pools and before a token is limited by its owner.
    /// For root@pam this is Administrator.
    #[must_use]
    pub fn roles(&self, subject: &[u8], path: &[u8]) -> Vec<(RoleIx, bool)> {
        let mut roles: Vec<(RoleIx, bool)> = match self.who(subject) {
            Who::Nobody => Vec::new(),
            Who::Root => self.cfg.role_ix(b"Administrator").map(|role| (role, true)).into_iter().collect(),
            Who::User(None) => Vec::new(),
            Who::User(Some(subject)) | Who::Token(&Token { subject, .. }) => {
                let stops = self.trace(subject, path);
                let applied =
                    stops.iter().rev().find(|stop| !stop.applied.is_empty()).map(|stop| stop.applied.as_slice());
                applied
                    .unwrap_or_default()
                    .iter()
                    .map(|applied| (applied.entry.role, applied.entry.propagate))
                    .collect()
            }
        };
        let is_no_access = |role: &RoleIx| self.cfg.role_at(*role).is_some_and(|role| role.is_no_access());
        if roles.iter().any(|(role, _)| is_no_access(role)) {
            roles.retain(|(role, _)| is_no_access(role));
        }
        roles.sort_by_key(|(role, propagate)| (self.cfg.role_name(*role), !propagate));
        roles.dedup_by_key(|(role, _)| *role);
        roles
    }

    /// Whether `subject` may change the ACL of `path`: Permissions.Modify there, or the right to allocate the guest, storage or
    /// pool that the path is of (pve-access-control, `check_perm_modify`). An empty path stands for `/access`.
    #[must_use]
    pub fn may_modify_acl(&self, subject: &[u8], path: &[u8]) -> bool {
        let has = |name: &[u8], path: &[u8]| {
            Priv::from_name(name).is_some_and(|privilege| self.has(subject, privilege, path))
        };
        if path.is_empty() {
            return has(b"Permissions.Modify", b"/access");
        }
        let allocate: &[u8] = match path {
            _ if path.starts_with(b"/vms/") => b"VM.Allocate",
            _ if path.starts_with(b"/storage/") => b"Datastore.Allocate",
            _ if path.starts_with(b"/pool/") => b"Pool.Allocate",
            _ => b"",
        };
        has(b"Permissions.Modify", path) || has(allocate, path)
    }

    /// Whether `subject` sees the bridge or vnet: any of `privileges` on it, or on one of its VLANs that has an ACL of its own
    /// (pve-access-control, `check_sdn_bridge`; PVE 8 and later).
    #[must_use]
    pub fn sees_bridge(&self, subject: &[u8], zone: &[u8], bridge: &[u8], privileges: PrivSet) -> bool {
        let path = [b"/sdn/zones/", zone, b"/", bridge].concat();
        if self.effective(subject, &path).privs.intersects(privileges) {
            return true;
        }
        let node = ["sdn".as_bytes(), b"zones", zone, bridge]
            .iter()
            .try_fold(AclTree::ROOT, |node, name| self.cfg.tree.child(node, name));
        let Some(bridge) = node else { return false };
        self.cfg.tree.nodes.iter().filter(|node| node.parent == Some(bridge)).any(|vlan| {
            let path = [path.as_slice(), b"/", vlan.name].concat();
            self.effective(subject, &path).privs.intersects(privileges)
        })
    }

    /// The pools whose rights reach `path`: those that `/vms/<vmid>` or `/storage/<storeid>` is a member of.
    pub fn pools_of(&self, path: &[u8]) -> impl Iterator<Item = &'c Pool<'a>> + use<'_, 'c, 'a> {
        let cfg = self.cfg;
        self.pool_indices(path).filter_map(move |pool| cfg.pools.get(pool.index()))
    }

    fn pool_indices(&self, path: &[u8]) -> impl Iterator<Item = PoolIx> + use<'_, 'c, 'a> {
        self.pools_with(path.strip_prefix(b"/vms/"), path.strip_prefix(b"/storage/"))
    }

    fn pools_with(
        &self,
        guest: Option<&[u8]>,
        storage: Option<&[u8]>,
    ) -> impl Iterator<Item = PoolIx> + use<'_, 'c, 'a> {
        let guest = guest.and_then(|vmid| self.cfg.pool_ix_of_vm(vmid));
        let storage = storage.and_then(|storage| self.storage_pools.get(storage));
        guest.into_iter().chain(storage.into_iter().flatten().copied())
    }

    fn everything(&self) -> Privs {
        let privs = PrivSet::all(self.cfg.release);
        Privs { privs, propagate: privs }
    }

    fn who(&self, subject: &[u8]) -> Who<'c, 'a> {
        if subject == ROOT {
            return Who::Root;
        }
        if split_token(subject).is_ok() {
            return match self.cfg.token(subject) {
                None => Who::Nobody,
                Some(token) if token.privsep.value => Who::Token(token),
                Some(token) => self.owner(token),
            };
        }
        // Anything that isn't a valid user id can't be a user subject of the file either.
        Who::User(self.cfg.subject_ix(SubjectKind::User, subject))
    }

    /// [`Access::who`] for a subject of the file.
    fn who_is(&self, ix: SubjectIx) -> Who<'c, 'a> {
        match self.cfg.subject(ix) {
            Some(subject) if subject.kind == SubjectKind::Token => match self.cfg.token_at(ix) {
                None => Who::Nobody,
                Some(token) if token.privsep.value => Who::Token(token),
                Some(token) => self.owner(token),
            },
            Some(subject) if subject.kind == SubjectKind::User && subject.id == ROOT => Who::Root,
            Some(subject) if subject.kind == SubjectKind::User => Who::User(Some(ix)),
            _ => Who::Nobody,
        }
    }

    fn owner(&self, token: &Token<'_>) -> Who<'c, 'a> {
        self.cfg.users.get(token.user.index()).map_or(Who::Nobody, |user| self.who_is(user.subject))
    }

    /// Rights from a subject's own ACL entries, its groups' and its pools'.
    fn own(&self, subject: Option<SubjectIx>, path: &LookedUp) -> Grant {
        let Some(subject) = subject else { return Grant::default() };
        self.on_trail(subject, path.trail).with_pools(self.on_pools(subject, &path.pools), self.no_access)
    }

    fn on_pools(&self, subject: SubjectIx, pools: &[PoolIx]) -> Grant {
        let mut united = Grant::default();
        for pool in pools {
            united.unite(self.on_pool(subject, *pool));
        }
        united
    }

    /// What the ACLs on the way to a pool give.
    fn on_pool(&self, subject: SubjectIx, pool: PoolIx) -> Grant {
        self.pool_trails.get(pool.index()).map(|trail| self.on_trail(subject, *trail)).unwrap_or_default()
    }

    /// PVE's `roles`: the walk down the ACL tree.
    fn on_trail(&self, subject: SubjectIx, trail: Trail) -> Grant {
        let (cells, groups) = (self.cells(subject), self.groups(subject));
        if cells.is_empty() && groups.is_empty() {
            return Grant::default();
        }
        // What a node gives replaces all from above it: the deepest that gives anything is all that counts.
        let nodes = trail.up(&self.cfg.tree).enumerate();
        let mut given = nodes.map(|(above, node)| self.at_node(cells, groups, node, above == 0 && trail.exact));
        given.find(|grant| grant.any).unwrap_or_default().settled(self.no_access)
    }

    /// What the entries of one node give: the subject's own, or else those of its groups.
    fn at_node(&self, own: &[Cell], groups: &[SubjectIx], node: NodeIx, last: bool) -> Grant {
        let grant = |cells: &[Cell]| {
            let cell = on_node(cells, node);
            cell.map(|cell| if last { cell.here } else { cell.below() }).unwrap_or_default()
        };
        let own = grant(own);
        if own.any {
            return own;
        }
        let mut united = Grant::default();
        for group in groups {
            united.unite(grant(self.cells(*group)));
        }
        united
    }

    fn groups(&self, subject: SubjectIx) -> &[SubjectIx] {
        part(&self.groups, self.groups_of.get(subject.index()))
    }

    fn cells(&self, subject: SubjectIx) -> &[Cell] {
        part(&self.cells, self.cells_of.get(subject.index()))
    }

    fn cell(&self, subject: SubjectIx, node: NodeIx) -> Option<&Cell> {
        on_node(self.cells(subject), node)
    }

    fn entries(&self, cell: &Cell) -> impl Iterator<Item = &'c AclEntry> + use<'c, 'a> {
        let cfg = self.cfg;
        self.positions_in(cell).filter_map(move |at| cfg.acl.get(at as usize))
    }

    /// The entries of a cell, as positions in [`UserCfg::acl`].
    fn positions_in(&self, cell: &Cell) -> impl Iterator<Item = u32> + use<'c, 'a> {
        let cfg = self.cfg;
        let place = move |at: &u32| cfg.acl.get(*at as usize).map(|entry| (entry.subject, entry.node));
        let from = cfg.acl_by_subject().get(cell.first as usize..).unwrap_or_default();
        let first = from.first().and_then(place);
        from.iter().take_while(move |at| place(at) == first).copied()
    }
}

fn on_node(cells: &[Cell], node: NodeIx) -> Option<&Cell> {
    cells.binary_search_by_key(&node, |cell| cell.node).ok().and_then(|at| cells.get(at))
}

impl Trail {
    fn to(tree: &AclTree<'_>, path: &[u8]) -> Self {
        let mut trail = Self::default();
        let mut node = AclTree::ROOT;
        for (name, last) in walk(path) {
            if !name.is_empty() {
                let Some(child) = tree.child(node, name) else { break };
                node = child;
            }
            trail.rooted |= node == AclTree::ROOT;
            (trail.node, trail.exact) = (Some(node), last);
        }
        trail
    }

    /// Its nodes, the deepest first.
    fn up(self, tree: &AclTree<'_>) -> impl Iterator<Item = NodeIx> {
        std::iter::successors(self.node, |node| tree.node(*node)?.parent)
            .take_while(move |node| self.rooted || *node != AclTree::ROOT)
    }
}

/// The user id in a token's id.
fn token_user<'a>(token: &Token<'a>) -> &'a [u8] {
    split_token(token.id.value).map(|(user, _)| user).unwrap_or_default()
}

fn pool_path(pool: &Pool<'_>) -> Vec<u8> {
    [b"/pool/", pool.name.value.as_bytes()].concat()
}

/// The steps of PVE's walk: each component with whether it is the last. The first component, in front of the first `/`, is
/// empty and stands for the root; empty ones elsewhere stay where they are; those at the end don't count.
fn walk(path: &[u8]) -> impl Iterator<Item = (&[u8], bool)> {
    let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
    let used = path.get(..end).unwrap_or_default();
    let root = path == b"/";
    let count = if root { 1 } else { used.split(|&byte| byte == b'/').count() };
    let steps = if used.is_empty() && !root { 0 } else { count };
    used.split(|&byte| byte == b'/').take(steps).enumerate().map(move |(at, name)| (name, at + 1 == count))
}

fn part<'t, T>(all: &'t [T], range: Option<&Range<u32>>) -> &'t [T] {
    range.and_then(|range| all.get(range.start as usize..range.end as usize)).unwrap_or_default()
}

/// For each of `count` subjects, where its run in the sorted `keys` is.
fn ranges(count: usize, keys: impl Iterator<Item = SubjectIx>) -> Vec<Range<u32>> {
    let mut ranges = vec![0..0; count];
    for (at, key) in (0u32..).zip(keys) {
        if let Some(range) = ranges.get_mut(key.index()) {
            // An untouched range is still `0..0`.
            let start = if range.end == 0 { at } else { range.start };
            *range = start..at + 1;
        }
    }
    ranges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_takes_a_path_as_perl_splits_it() {
        let steps =
            |path: &'static str| walk(path.as_bytes()).map(|(name, last)| (name.to_vec(), last)).collect::<Vec<_>>();
        assert_eq!(steps("/"), [(b"".to_vec(), true)]);
        assert_eq!(
            steps("/vms//1/"),
            [(b"".to_vec(), false), (b"vms".to_vec(), false), (b"".to_vec(), false), (b"1".to_vec(), true)]
        );
        assert_eq!(steps("vms"), [(b"vms".to_vec(), true)]);
        assert!(steps("").is_empty() && steps("//").is_empty());
    }
}
