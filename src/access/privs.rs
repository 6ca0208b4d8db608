//! Sets of rights while they are being worked out, and the answer that comes of it.

use crate::model::tables::access::{Priv, PrivSet};

/// The rights of a subject on a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Privs {
    /// The privileges it has there.
    pub privs: PrivSet,
    /// Those of them that also hold below the path as far as this path's own ACLs go: PVE's propagate bit, which matters
    /// when roles are handed on.
    pub propagate: PrivSet,
}

impl Privs {
    /// Whether `privilege` is among them.
    #[must_use]
    pub const fn has(self, privilege: Priv) -> bool {
        self.privs.contains(privilege)
    }

    /// What both sides have: how a token with privilege separation is limited by its owner.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { privs: self.privs & other.privs, propagate: self.propagate & other.propagate }
    }
}

/// A set of roles, by what it amounts to. PVE replaces and unites sets of roles and looks at single roles only to find
/// NoAccess, so the union of their privileges is all that has to be kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Grant {
    pub(super) privs: PrivSet,
    pub(super) propagate: PrivSet,
    /// There is a role in the set, even if it holds no privilege.
    pub(super) any: bool,
    /// There is one that propagates.
    pub(super) passes: bool,
    /// NoAccess is in the set.
    pub(super) no_access: bool,
    /// NoAccess is in the set and propagates.
    pub(super) no_access_propagates: bool,
}

impl Grant {
    /// One role.
    pub(super) fn role(privs: PrivSet, propagate: bool, no_access: bool) -> Self {
        Self {
            privs,
            propagate: if propagate { privs } else { PrivSet::EMPTY },
            any: true,
            passes: propagate,
            no_access,
            no_access_propagates: no_access && propagate,
        }
    }

    /// Both sets united.
    pub(super) fn unite(&mut self, other: Self) {
        self.privs |= other.privs;
        self.propagate |= other.propagate;
        self.any |= other.any;
        self.passes |= other.passes;
        self.no_access |= other.no_access;
        self.no_access_propagates |= other.no_access_propagates;
    }

    /// Those of the roles that propagate.
    pub(super) fn passed(self) -> Self {
        Self {
            privs: self.propagate,
            propagate: self.propagate,
            any: self.passes,
            passes: self.passes,
            no_access: self.no_access_propagates,
            no_access_propagates: self.no_access_propagates,
        }
    }

    /// The set as PVE returns it for a path: NoAccess leaves nothing beside it. `no_access` is what that role holds, which
    /// is nothing unless a role line extends it.
    pub(super) fn settled(self, no_access: PrivSet) -> Self {
        if self.no_access { Self::role(no_access, self.no_access_propagates, true) } else { self }
    }

    /// This set on a guest or storage, with what its pools give. Pools never propagate.
    pub(super) fn with_pools(self, pools: Self, no_access: PrivSet) -> Self {
        if self.no_access || !pools.any {
            self
        } else if pools.no_access {
            Self::role(no_access, false, true)
        } else {
            Self { privs: self.privs | pools.privs, any: true, ..self }
        }
    }

    pub(super) fn answer(self) -> Privs {
        Privs { privs: self.privs, propagate: self.propagate }
    }
}
