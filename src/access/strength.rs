//! How strong a set of privileges is, in five steps: what colours a matrix.

use super::danger::leading;
use crate::model::tables::access::PrivSet;
use crate::release::Release;

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
        if set.is_empty() {
            Self::None
        } else if set.contains_all(PrivSet::all(release)) {
            Self::All
        } else if set.intersects(leading()) {
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
    }
}
