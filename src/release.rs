//! The releases of Proxmox VE whose behaviour is known: leaf vocabulary for everything above.

use std::fmt;
use std::str::FromStr;

/// A major release of Proxmox VE, in the state of its last packages known here (see `grammar/README.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Release {
    /// PVE 7 (pve-access-control 7.4.3, pve-storage 7.4-4, pve-container 4.4-7).
    Pve7,
    /// PVE 8 (pve-access-control 8.2.3, pve-storage 8.3.8, pve-container 5.3.5).
    Pve8,
    /// PVE 9 (pve-access-control 9.1.1, pve-storage 9.1.7, pve-container 6.1.10).
    Pve9,
}

impl Release {
    /// All of them, oldest first.
    pub const ALL: [Self; 3] = [Self::Pve7, Self::Pve8, Self::Pve9];

    /// The newest of them.
    pub const LATEST: Self = Self::Pve9;

    /// The oldest of them.
    pub const OLDEST: Self = Self::Pve7;

    /// The major number: 7, 8 or 9.
    #[must_use]
    pub const fn major(self) -> u8 {
        match self {
            Self::Pve7 => 7,
            Self::Pve8 => 8,
            Self::Pve9 => 9,
        }
    }

    /// The release with this major number.
    #[must_use]
    pub const fn from_major(major: u8) -> Option<Self> {
        match major {
            7 => Some(Self::Pve7),
            8 => Some(Self::Pve8),
            9 => Some(Self::Pve9),
            _ => None,
        }
    }

    /// The release before this one, when it is known.
    #[must_use]
    pub const fn before(self) -> Option<Self> {
        Self::from_major(self.major() - 1)
    }

    /// Index into tables that hold one entry per release, oldest first.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PVE {}", self.major())
    }
}

/// A text that names no known release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("known releases of Proxmox VE are 7, 8 and 9")]
pub struct UnknownRelease;

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Reads `9`, and the longer forms people type: `9.1`, `9.1-2`.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let major = text.split(['.', '-']).next().unwrap_or_default();
        major.parse().ok().and_then(Self::from_major).ok_or(UnknownRelease)
    }
}
