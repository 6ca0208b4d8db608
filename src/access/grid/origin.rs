//! Which node's entries decide about a subject on each class of paths: where the answers of a [`Grid`] come from.

use super::{Class, Grid, Spot};
use crate::access::{Access, Who, part, pool_path};
use crate::model::user::{AclEntry, NodeIx, PoolIx, SubjectIx};
use rustc_hash::FxHashMap;

/// The node that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The node.
    pub node: NodeIx,
    /// Whether it is the path itself; else only what propagates counts.
    pub own_path: bool,
}

/// Where a subject's own rights on a class of paths come from, apart from what a token's owner leaves of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The node on the way to the path.
    pub direct: Option<At>,
    /// The pools that the path is a member of, with the nodes that decide there.
    pub pools: Vec<(PoolIx, At)>,
}

/// Both sides of a subject: its own, and for a token with privilege separation its owner's. Classes with equal sides have
/// the same rights from the same lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sides {
    /// The subject's own.
    pub own: Origin,
    /// Its owner's; nothing for those who have none, and for root@pam, who limits nothing.
    pub owner: Origin,
}

/// What the subject has on a node.
#[derive(Clone, Copy, Debug, Default)]
struct Has {
    below: bool,
    here: bool,
}

impl Grid<'_, '_, '_> {
    /// For each class of paths, where the rights of `id` come from, a user or token.
    #[must_use]
    pub fn sides(&self, id: &[u8]) -> Vec<Sides> {
        let access = self.access;
        let (own, owner) = match access.who(id) {
            Who::Nobody | Who::Root => (None, None),
            Who::User(user) => (user, None),
            Who::Token(token) => match access.owner(token) {
                Who::User(user) => (Some(token.subject), user),
                _ => (Some(token.subject), None),
            },
        };
        let origins = |subject: Option<SubjectIx>| {
            subject.map_or_else(|| vec![Origin::default(); self.classes.len()], |subject| self.origins(subject))
        };
        origins(own).into_iter().zip(origins(owner)).map(|(own, owner)| Sides { own, owner }).collect()
    }

    /// For each class of paths (see [`Grid::class_of`]), where the rights of `subject` come from.
    #[must_use]
    pub fn origins(&self, subject: SubjectIx) -> Vec<Origin> {
        let access = self.access;
        let mut has: FxHashMap<NodeIx, Has> = FxHashMap::default();
        for one in std::iter::once(&subject).chain(access.groups(subject)) {
            for cell in access.cells(*one) {
                let at = has.entry(cell.node).or_default();
                at.below |= cell.here.passes;
                at.here |= cell.here.any;
            }
        }
        let mut passed: Vec<Option<NodeIx>> = Vec::with_capacity(self.parents.len());
        for (at, parent) in self.parents.iter().enumerate() {
            let node = NodeIx::new(at);
            let own = has.get(&node).is_some_and(|has| has.below).then_some(node);
            let from = own.or_else(|| passed.get(*parent as usize).copied().flatten());
            passed.push(from);
        }
        let at = |spot: &Spot| {
            if spot.exact && has.get(&spot.node).is_some_and(|has| has.here) {
                return Some(At { node: spot.node, own_path: true });
            }
            let from = passed.get(spot.node.index()).copied().flatten();
            from.map(|node| At { node, own_path: false })
        };
        let pools: Vec<Option<(PoolIx, At)>> =
            self.pools.iter().zip(&self.pool_ix).map(|(spot, pool)| Some((*pool, at(spot)?))).collect();
        let origin = |class: &Class| match class {
            Class::Spot(spot) => Origin { direct: at(spot), pools: Vec::new() },
            Class::Pooled(spot, list) => {
                let list = part(&self.pool_members, self.pool_lists.get(*list as usize));
                let pools = list.iter().filter_map(|pool| pools.get(*pool as usize).copied().flatten());
                Origin { direct: at(spot), pools: pools.collect() }
            }
            Class::Literal(path) => {
                let path = self.literals.get(*path as usize).map(Vec::as_slice).unwrap_or_default();
                access.origin(subject, path)
            }
        };
        self.classes.iter().map(origin).collect()
    }

    /// The classes of paths in an order in which neighbours mostly have the same rights: those of one list of pools together,
    /// otherwise as their first paths come.
    #[must_use]
    pub fn neighbours(&self) -> Vec<u32> {
        let list = |class: &Class| match class {
            Class::Pooled(_, list) => Some(*list),
            Class::Spot(_) | Class::Literal(_) => None,
        };
        let mut order: Vec<(Option<u32>, u32)> = self.classes.iter().map(list).zip(0..).collect();
        order.sort_unstable();
        order.into_iter().map(|(_, class)| class).collect()
    }

    /// How many classes of paths there are.
    #[must_use]
    pub const fn classes(&self) -> usize {
        self.classes.len()
    }
}

impl<'c> Access<'c, '_> {
    /// Where the rights of `subject` on `path` come from.
    #[must_use]
    pub fn origin(&self, subject: SubjectIx, path: &[u8]) -> Origin {
        let direct = |path: &[u8]| {
            let stops = self.trace(subject, path);
            let stop = stops.iter().rev().find(|stop| !stop.applied.is_empty());
            stop.map(|stop| At { node: stop.node, own_path: stop.last })
        };
        let pools = self.pool_indices(path).filter_map(|pool| {
            let at = direct(&pool_path(self.cfg.pools.get(pool.index())?))?;
            Some((pool, at))
        });
        Origin { direct: direct(path), pools: pools.collect() }
    }

    /// The entries that count for `subject` where `at` decides, as positions in [`UserCfg::acl`]; where NoAccess is among them,
    /// only that.
    ///
    /// [`UserCfg::acl`]: crate::model::user::UserCfg::acl
    #[must_use]
    pub fn deciding(&self, subject: SubjectIx, at: At) -> Vec<u32> {
        let of = |one: SubjectIx| {
            let cell = self.cell(one, at.node);
            let positions = cell.into_iter().flat_map(|cell| self.positions_in(cell));
            positions.filter(|position| {
                at.own_path || self.cfg.acl.get(*position as usize).is_some_and(|entry| entry.propagate)
            })
        };
        let mut positions: Vec<u32> = of(subject).collect();
        if positions.is_empty() {
            positions = self.groups(subject).iter().flat_map(|group| of(*group)).collect();
        }
        if positions.iter().any(|position| self.denies_at(*position)) {
            positions.retain(|position| self.denies_at(*position));
        }
        positions.sort_unstable();
        positions
    }

    /// Whether the role of the entry at `position` is NoAccess.
    #[must_use]
    pub fn denies_at(&self, position: u32) -> bool {
        let entry: Option<&'c AclEntry> = self.cfg.acl.get(position as usize);
        entry.and_then(|entry| self.cfg.role_at(entry.role)).is_some_and(|role| role.is_no_access())
    }

    /// The entries for `subject` itself: their nodes and their positions in the file's list.
    pub(in crate::access) fn positions(&self, subject: SubjectIx) -> impl Iterator<Item = (NodeIx, u32)> {
        self.cells(subject).iter().flat_map(|cell| self.positions_in(cell).map(|position| (cell.node, position)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::user::{SubjectKind, UserCfg};
    use crate::release::Release;

    /// The grid's pass over the tree and the walk down it, two ways to the same answer.
    #[test]
    fn a_grid_finds_the_origins_that_a_walk_finds() {
        let text = b"user:a@pve:1:0:\ngroup:g:a@pve::\npool:p::100,101:s:\npool:p/q::102::\n\
            acl:1:/:@g:PVEAuditor:\nacl:0:/vms:a@pve:PVEVMUser:\nacl:1:/vms/100:@g:PVEVMAdmin:\n\
            acl:1:/pool/p:a@pve:NoAccess:\nacl:1:/pool/p/q:@g:PVEAdmin:\nacl:1:/storage:a@pve:PVEAuditor:\n";
        let cfg = UserCfg::parse(text, Release::Pve9);
        let access = Access::new(&cfg);
        let subject = cfg.subject_ix(SubjectKind::User, b"a@pve").unwrap();
        let paths =
            ["/", "/vms", "/vms/100", "/vms/101", "/vms/102", "/storage/s", "/pool/p", "/pool/p/q", "/x//y", "vms"];
        let grid = Grid::new(&access, paths);
        let origins = grid.origins(subject);
        for (path, class) in paths.iter().zip(grid.class_of()) {
            assert_eq!(origins[*class as usize], access.origin(subject, path.as_bytes()), "{path}");
        }
        let mut order = grid.neighbours();
        order.sort_unstable();
        assert!(order.into_iter().eq(0..u32::try_from(grid.classes()).unwrap()), "each class once");
    }
}
