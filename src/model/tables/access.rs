//! Privileges, built-in roles and ACL paths of each release, from `grammar/access.toml`.
//!
//! A privilege is one bit of a `u64`, with one numbering for all releases, so that sets of different releases can be
//! compared. What a file says about roles and ACLs is [`crate::model::user`]; what follows from it is [`crate::access`].

use super::place::{List, Listed, Text};
use crate::release::{PerRelease, Release};
use std::fmt;
use std::ops::{BitAnd, BitAndAssign, BitOr, BitOrAssign, Sub, SubAssign};

include!(concat!(env!("OUT_DIR"), "/access.rs"));

struct PrivilegeRow {
    name: Text,
    releases: u8,
    since: Text,
    successors: PrivSet,
}

struct RoleRow {
    name: Text,
    privileges: PerRelease<Option<PrivSet>>,
}

/// A form of ACL path that the API accepts (pve-access-control, `check_path`).
#[derive(Debug)]
pub struct PathRow {
    /// The path with names in braces: `/vms/{vmid}`.
    pub template: Text,
    components: List<Component>,
    releases: u8,
}

/// A form of path on which PVE looks privileges up.
#[derive(Debug)]
pub struct CheckedRow {
    /// The path with names in braces: `/vms/{vmid}`.
    pub template: Text,
    components: List<Component>,
    privileges: PerRelease<PrivSet>,
}

/// How one component of a path may look.
#[derive(Clone, Copy, Debug)]
enum Component {
    /// Exactly this.
    Literal(Text),
    /// `[A-Za-z0-9._-]+`
    Name,
    /// `[A-Za-z0-9_-]+`
    Dashed,
    /// `[A-Za-z0-9]+`
    Plain,
    /// `[1-9][0-9][0-9]+`
    Vmid,
    /// `[1-9][0-9]{0,3}`
    Vlan,
}

impl Component {
    fn accepts(self, part: &[u8]) -> bool {
        let number =
            |part: &[u8]| part.iter().all(u8::is_ascii_digit) && part.first().is_some_and(|&first| first != b'0');
        match self {
            Self::Literal(literal) => part == literal.as_bytes(),
            Self::Name => is_name(part),
            Self::Dashed => is_name(part) && !part.contains(&b'.'),
            Self::Plain => !part.is_empty() && part.iter().all(u8::is_ascii_alphanumeric),
            Self::Vmid => part.len() >= 3 && number(part),
            Self::Vlan => part.len() <= 4 && number(part),
        }
    }
}

/// Whether `text` is one or more of `A-Z a-z 0-9 . _ -`: the characters of group, role and pool names and of ACL path
/// components.
#[must_use]
pub fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&byte| is_name_byte(byte))
}

/// Whether `byte` is one of `A-Z a-z 0-9 . _ -`.
#[must_use]
pub const fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// One privilege, by its bit in a [`PrivSet`]. Every value names a privilege of some release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Priv(u8);

impl Priv {
    /// Every privilege of any release, in the order of their names.
    pub fn all() -> impl Iterator<Item = Self> {
        (0u8..).take(PRIVILEGES.len()).map(Self)
    }

    /// The privilege with this exact, case-sensitive name, in whatever release it exists.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        // The table is in the order of the names, which `tests` below checks.
        let at = PRIVILEGES.binary_search_by(|row| row.name.as_bytes().cmp(name)).ok()?;
        u8::try_from(at).ok().map(Self)
    }

    /// The privilege with this name, when `release` has it.
    #[must_use]
    pub fn in_release(name: &[u8], release: Release) -> Option<Self> {
        Self::from_name(name).filter(|privilege| privilege.exists_in(release))
    }

    /// Its name: `VM.PowerMgmt`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.name.as_str())
    }

    /// Whether `release` has it.
    #[must_use]
    pub fn exists_in(self, release: Release) -> bool {
        self.row().is_some_and(|row| row.releases & (1 << release.index()) != 0)
    }

    /// The first version of pve-access-control that knows it; empty when it is older than 7.1.
    #[must_use]
    pub fn since(self) -> &'static str {
        self.row().map_or("", |row| row.since.as_str())
    }

    /// For a privilege that a later release removed: the privileges that took its place there.
    #[must_use]
    pub fn successors(self) -> PrivSet {
        self.row().map_or(PrivSet::EMPTY, |row| row.successors)
    }

    fn row(self) -> Option<&'static PrivilegeRow> {
        PRIVILEGES.get(usize::from(self.0))
    }
}

impl fmt::Display for Priv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of privileges, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PrivSet(u64);

impl PrivSet {
    /// No privilege.
    pub const EMPTY: Self = Self(0);

    /// Every privilege of `release`: what the role Administrator holds.
    #[must_use]
    pub fn all(release: Release) -> Self {
        *ALL.get(release)
    }

    /// The set that holds just `privilege`.
    #[must_use]
    pub const fn of(privilege: Priv) -> Self {
        Self(1 << privilege.0)
    }

    /// Whether `privilege` is in it.
    #[must_use]
    pub const fn contains(self, privilege: Priv) -> bool {
        self.0 & (1 << privilege.0) != 0
    }

    /// Whether every privilege of `other` is in it.
    #[must_use]
    pub const fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether both have a privilege in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it holds no privilege.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of privileges in it, 0 to 64.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Adds `privilege`; true when it wasn't in the set.
    pub const fn insert(&mut self, privilege: Priv) -> bool {
        let new = !self.contains(privilege);
        self.0 |= 1 << privilege.0;
        new
    }

    /// Its privileges, in the order of their names.
    pub fn iter(self) -> impl Iterator<Item = Priv> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            if rest == 0 {
                return None;
            }
            let lowest = rest.trailing_zeros();
            rest &= rest - 1;
            u8::try_from(lowest).ok().map(Priv)
        })
    }

    /// The bits: bit `n` is the `n`-th privilege of [`Priv::all`].
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl FromIterator<Priv> for PrivSet {
    fn from_iter<I: IntoIterator<Item = Priv>>(privileges: I) -> Self {
        privileges.into_iter().fold(Self::EMPTY, |set, privilege| set | Self::of(privilege))
    }
}

impl BitOr for PrivSet {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for PrivSet {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl BitAnd for PrivSet {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitAndAssign for PrivSet {
    fn bitand_assign(&mut self, other: Self) {
        self.0 &= other.0;
    }
}

impl Sub for PrivSet {
    type Output = Self;
    /// The privileges that are in `self` and not in `other`.
    fn sub(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl SubAssign for PrivSet {
    fn sub_assign(&mut self, other: Self) {
        self.0 &= !other.0;
    }
}

impl fmt::Display for PrivSet {
    /// The names, separated by `, `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, privilege) in self.iter().enumerate() {
            if nth > 0 {
                f.write_str(", ")?;
            }
            f.write_str(privilege.name())?;
        }
        Ok(())
    }
}

/// The built-in roles of `release` with their privileges, in the order of their names.
pub fn builtin_roles(release: Release) -> impl Iterator<Item = (&'static str, PrivSet)> {
    ROLES.iter().filter_map(move |row| Some((row.name.as_str(), (*row.privileges.get(release))?)))
}

/// The privileges of the built-in role `name`, when `release` has such a role.
#[must_use]
pub fn builtin_role(name: &[u8], release: Release) -> Option<PrivSet> {
    builtin_roles(release).find_map(|(role, privileges)| (role.as_bytes() == name).then_some(privileges))
}

impl PathRow {
    /// Whether the API of `release` accepts ACLs on paths of this form.
    #[must_use]
    pub const fn exists_in(&self, release: Release) -> bool {
        self.releases & (1 << release.index()) != 0
    }
}

/// The components of a path; `/` has none, and empty ones (`//`) don't count.
fn components(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|&byte| byte == b'/').filter(|part| !part.is_empty())
}

/// The form of ACL path, of any release, that `path` (normalised) has. Ask the row which releases accept it.
pub fn path_forms(path: &[u8]) -> impl Iterator<Item = &'static PathRow> {
    PATHS.iter().filter(move |row| {
        let mut parts = components(path);
        row.components.iter().all(|component| parts.next().is_some_and(|part| component.accepts(part)))
            && parts.next().is_none()
    })
}

/// Whether the API of `release` accepts an ACL on `path` (normalised).
#[must_use]
pub fn path_allowed(path: &[u8], release: Release) -> bool {
    path_forms(path).any(|row| row.exists_in(release))
}

/// All forms of ACL path that the API of `release` accepts, in the order of their templates.
pub fn paths(release: Release) -> impl Iterator<Item = &'static PathRow> {
    PATHS.iter().filter(move |row| row.exists_in(release))
}

/// The privileges looked up by `release` on `path` itself, without [`checked_anywhere`].
#[must_use]
pub fn checked_on(path: &[u8], release: Release) -> PrivSet {
    CHECKED.iter().fold(PrivSet::EMPTY, |all, row| {
        let mut parts = components(path);
        let matches = row.components.iter().all(|part| parts.next().is_some_and(|given| part.accepts(given)))
            && parts.next().is_none();
        if matches { all | *row.privileges.get(release) } else { all }
    })
}

/// The privileges looked up by `release` on paths that begin with `path` and go on, without [`checked_anywhere`]; pools
/// reach further (see [`crate::access`]).
#[must_use]
pub fn checked_below(path: &[u8], release: Release) -> PrivSet {
    CHECKED.iter().fold(PrivSet::EMPTY, |all, row| {
        let mut forms = row.components.iter();
        let begins = components(path).all(|part| forms.next().is_some_and(|form| form.accepts(part)));
        if begins && forms.next().is_some() { all | *row.privileges.get(release) } else { all }
    })
}

/// The privileges that are looked up on every path: the right to change its ACL.
#[must_use]
pub fn checked_anywhere() -> PrivSet {
    CHECKED_ANYWHERE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn privileges_are_sorted_so_that_names_can_be_searched() {
        assert!(PRIVILEGES.windows(2).all(|pair| *pair[0].name < *pair[1].name));
        for privilege in Priv::all() {
            assert_eq!(Priv::from_name(privilege.name().as_bytes()), Some(privilege));
        }
    }

    #[test]
    fn each_release_has_its_number_of_privileges() {
        assert_eq!(Release::ALL.map(|release| PrivSet::all(release).len()), [38, 42, 47]);
        let monitor = Priv::from_name(b"VM.Monitor").unwrap();
        assert!(monitor.exists_in(Release::Pve8) && !monitor.exists_in(Release::Pve9));
        assert!(PrivSet::all(Release::Pve9).contains_all(monitor.successors()));
    }

    #[test]
    fn paths_are_told_from_their_likes() {
        for path in ["/", "/vms", "/vms/100", "/pool/a/b/c", "/sdn/zones/localnetwork/vmbr0/10", "/access/realm/pve"] {
            assert!(path_allowed(path.as_bytes(), Release::Pve9), "{path}");
        }
        for path in
            ["/vms/99", "/vms/0100", "/pools/x", "/access/realms/pve", "/VMS/100", "/pool/a/b/c/d", "/sdn/vnets/v"]
        {
            assert!(!path_allowed(path.as_bytes(), Release::Pve9), "{path}");
        }
        assert!(path_allowed(b"/sdn/vnets/v", Release::Pve7) && !path_allowed(b"/pool/a/b", Release::Pve7));
    }

    #[test]
    fn checked_privileges_follow_the_path() {
        let power = Priv::from_name(b"VM.PowerMgmt").unwrap();
        assert!(checked_on(b"/vms/100", Release::Pve9).contains(power));
        assert!(!checked_on(b"/vms", Release::Pve9).contains(power));
        assert!(checked_below(b"/vms", Release::Pve9).contains(power));
        assert!(checked_below(b"/pools/x", Release::Pve9).is_empty());
    }
}
