//! The releases of Proxmox VE whose behaviour is known: leaf vocabulary for everything above.

use std::fmt;
use std::str::FromStr;

include!(concat!(env!("OUT_DIR"), "/releases.rs"));

impl Release {
    /// The release with this major number.
    #[must_use]
    pub fn from_major(major: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|release| release.major() == major)
    }

    /// The release before this one, when it is known.
    #[must_use]
    pub fn before(self) -> Option<Self> {
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

/// One value for each release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerRelease<T>(pub [T; Release::COUNT]);

impl<T> PerRelease<T> {
    /// The value of `release`.
    pub fn get(&self, release: Release) -> &T {
        let [oldest, ..] = &self.0;
        self.0.get(release.index()).unwrap_or(oldest)
    }
}

/// A text that names no known release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("known releases of Proxmox VE are {}", Release::AND)]
pub struct UnknownRelease;

impl FromStr for Release {
    type Err = UnknownRelease;

    /// Reads `9`, and the longer forms people type: `9.1`, `9.1-2`.
    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let major = text.split(['.', '-']).next().unwrap_or_default();
        major.parse().ok().and_then(Self::from_major).ok_or(UnknownRelease)
    }
}
