//! What a subject's entries on each node give, beside what it would have there without them: what rules about ACLs that take
//! rights away, hide others or change nothing are made from.

use super::privs::Grant;
use super::{Access, Cell, LookedUp};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, NodeIx, PoolIx, SubjectIx};

/// What a set of roles amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct RoleSet {
    /// The privileges.
    pub privs: PrivSet,
    /// There is a role in the set, even if it holds no privilege.
    pub any: bool,
    /// NoAccess is in the set, and leaves nothing beside it.
    pub no_access: bool,
}

/// A node of the ACL tree that has entries for a subject or its groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NodeGrants {
    /// The node.
    pub node: NodeIx,
    /// What reaches the node from above.
    pub above: RoleSet,
    /// The subject's own entries, for the node's own path.
    pub own_here: RoleSet,
    /// The subject's own entries that propagate.
    pub own_below: RoleSet,
    /// The entries of its groups, for the node's own path; they count only where there are none of its own.
    pub groups_here: RoleSet,
    /// The entries of its groups that propagate.
    pub groups_below: RoleSet,
}

impl RoleSet {
    /// This, or `other` where there is nothing in this.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        if self.any { self } else { other }
    }
}

impl NodeGrants {
    /// What the subject has on the node's own path, before pools.
    #[must_use]
    pub const fn here(&self) -> RoleSet {
        self.own_here.or(self.groups_here).or(self.above)
    }

    /// What the subject has below the node where nothing deeper says otherwise.
    #[must_use]
    pub const fn below(&self) -> RoleSet {
        self.own_below.or(self.groups_below).or(self.above)
    }
}

impl<'c> Access<'c, '_> {
    /// Every node that has entries for `subject` or its groups, a node before those below it. For a group: its own entries.
    #[must_use]
    pub fn landings(&self, subject: SubjectIx) -> Vec<NodeGrants> {
        let mut landings = Vec::new();
        self.landings_into(subject, &mut landings);
        landings
    }

    /// The same, in place of what is in `landings`.
    pub fn landings_into(&self, subject: SubjectIx, landings: &mut Vec<NodeGrants>) {
        landings.clear();
        let groups = self.groups_of(subject).iter().map(|group| (false, self.cells(*group)));
        let all = std::iter::once((true, self.cells(subject))).chain(groups);
        let mut found: Vec<(NodeIx, bool, &Cell)> = Vec::with_capacity(all.clone().map(|(_, cells)| cells.len()).sum());
        for (own, cells) in all {
            found.extend(cells.iter().map(|cell| (cell.node, own, cell)));
        }
        // Nodes are numbered from the root down.
        found.sort_unstable_by_key(|(node, own, _)| (*node, !own));
        landings.reserve(found.len());
        for part in found.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(node, ..)) = part.first() else { continue };
            let (mut own, mut groups) = (Grant::default(), Grant::default());
            for (_, is_own, cell) in part {
                if *is_own { &mut own } else { &mut groups }.unite(cell.here);
            }
            let (own_here, own_below) = (self.held(own), self.held(own.passed()));
            let (groups_here, groups_below) = (self.held(groups), self.held(groups.passed()));
            let above = self.above(landings, node);
            landings.push(NodeGrants { node, above, own_here, own_below, groups_here, groups_below });
        }
    }

    /// What the pools of a path give `subject`.
    #[must_use]
    pub fn pools_held(&self, subject: SubjectIx, path: &LookedUp) -> RoleSet {
        self.held(self.on_pools(subject, &path.pools))
    }

    /// What `subject` has on a path by ACLs on the way to it, without pools and without the limits of a token's owner.
    #[must_use]
    pub fn direct_held(&self, subject: SubjectIx, path: &LookedUp) -> RoleSet {
        self.held(self.on_trail(subject, path.trail))
    }

    /// What `subject` has on a pool's path by ACLs on the way to it.
    #[must_use]
    pub fn pool_held(&self, subject: SubjectIx, pool: PoolIx) -> RoleSet {
        self.held(self.on_pool(subject, pool))
    }

    /// The groups that list `subject`.
    #[must_use]
    pub fn groups_of(&self, subject: SubjectIx) -> &[SubjectIx] {
        self.groups(subject)
    }

    /// The entries for `subject` itself on `node`.
    pub fn entries_on(&self, subject: SubjectIx, node: NodeIx) -> impl Iterator<Item = &'c AclEntry> {
        self.cell(subject, node).into_iter().flat_map(|cell| self.entries(cell))
    }

    /// Whether there is any entry for `subject` itself.
    #[must_use]
    pub fn is_named(&self, subject: SubjectIx) -> bool {
        !self.cells(subject).is_empty()
    }

    fn held(&self, grant: Grant) -> RoleSet {
        let grant = grant.settled(self.no_access);
        RoleSet { privs: grant.privs, any: grant.any, no_access: grant.no_access }
    }

    fn above(&self, landings: &[NodeGrants], node: NodeIx) -> RoleSet {
        let parent = |node| self.cfg.tree.node(node).and_then(|node| node.parent);
        let mut at = parent(node);
        while let Some(above) = at {
            if let Ok(found) = landings.binary_search_by_key(&above, |landing| landing.node) {
                return landings.get(found).map(NodeGrants::below).unwrap_or_default();
            }
            at = parent(above);
        }
        RoleSet::default()
    }
}
