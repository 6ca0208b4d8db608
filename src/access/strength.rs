//! How strong a set of privileges is, in five steps: what colours a matrix.

use crate::model::tables::access::{Priv, PrivSet};
use crate::release::Release;

/// Whoever holds one of these can come by rights that nobody gave: by giving them, by making tokens, accounts or realms that
/// have them, or by what the node or a storage's definition lets through.
const DANGEROUS: [&str; 8] = [
    "Datastore.Allocate",
    "Mapping.Modify",
    "Permissions.Modify",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "Sys.Console",
    "Sys.Modify",
    "User.Modify",
];

/// How strong a set is, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Nothing.
    None,
    /// Nothing but `*.Audit`: looking.
    Audit,
    /// Something can be changed or used.
    Changes,
    /// Holds one of those that can lead to rights nobody gave.
    Dangerous,
    /// Every privilege of the release.
    All,
}

impl Strength {
    /// The strength of `set` in `release`.
    #[must_use]
    pub fn of(set: PrivSet, release: Release) -> Self {
        let dangerous = |privilege: Priv| DANGEROUS.contains(&privilege.name());
        if set.is_empty() {
            Self::None
        } else if set.contains_all(PrivSet::all(release)) {
            Self::All
        } else if set.iter().any(dangerous) {
            Self::Dangerous
        } else if set.iter().all(|privilege| privilege.name().ends_with(".Audit")) {
            Self::Audit
        } else {
            Self::Changes
        }
    }

    /// `none`, `audit`, `changes`, `dangerous` or `all`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Audit => "audit",
            Self::Changes => "changes",
            Self::Dangerous => "dangerous",
            Self::All => "all",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_in_roles_are_as_strong_as_they_are() {
        use crate::model::tables::access::builtin_role;
        for (role, strength) in [
            ("NoAccess", Strength::None),
            ("PVEAuditor", Strength::Audit),
            ("PVEVMUser", Strength::Changes),
            ("PVEDatastoreAdmin", Strength::Dangerous),
            ("PVEUserAdmin", Strength::Dangerous),
            ("PVEAdmin", Strength::Dangerous),
            ("Administrator", Strength::All),
        ] {
            for release in Release::ALL {
                let set = builtin_role(role.as_bytes(), release).unwrap();
                assert_eq!(Strength::of(set, release), strength, "{role} {release}");
            }
        }
        for name in DANGEROUS {
            assert!(Priv::from_name(name.as_bytes()).is_some(), "{name}");
        }
    }
}
