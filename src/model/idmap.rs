//! The user and group id map of a container: what it is, whether the node lets it be, and how to write a right one.
//!
//! The map itself as `parse_id_maps` and `validate_id_maps` in pve-container, `PVE/LXC.pm`, make it; the checks as
//! `newuidmap` and `newgidmap` (shadow 4.8.1 to 4.17.4) and the kernel (`map_write` in `kernel/user_namespace.c`) make
//! them when the container starts. LXC calls the two tools even though it is root; only a map that holds host uid 0
//! bypasses them.

mod block;
mod check;
mod mount;
mod tool;

pub use block::{Hole, Range, block, block_lines, needed_grants};
pub use check::{MapFault, MapProblem};
pub use mount::{DiskRange, MountFault, MountMap};
pub use tool::{not_allowed, tool_message};

use bstr::BString;

use super::container::{Container, Raw};
use crate::release::Release;
use crate::syntax::property::is_space;
use crate::text::Span;

/// First host id of the map that unprivileged containers get by default.
pub const DEFAULT_HOST: u64 = 100_000;
/// Number of ids that a system usually needs, and size of the default map.
pub const DEFAULT_COUNT: u64 = 65_536;
/// Most entries of one kind that the kernel takes (since 4.15).
pub const MAX_ENTRIES: usize = 340;
/// Most bytes of one kind's map, as text, that the kernel takes.
pub const MAX_BYTES: usize = 4095;
/// No id, and no end of a range, may be greater.
pub const MAX_ID: u64 = u32::MAX as u64;

/// User or group ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// `u`: user ids.
    User,
    /// `g`: group ids.
    Group,
}

impl IdKind {
    /// Both, in the order in which LXC writes their maps.
    pub const BOTH: [Self; 2] = [Self::User, Self::Group];

    /// `u` or `g`.
    #[must_use]
    pub const fn letter(self) -> &'static str {
        match self {
            Self::User => "u",
            Self::Group => "g",
        }
    }

    /// `uid` or `gid`.
    #[must_use]
    pub const fn noun(self) -> &'static str {
        match self {
            Self::User => "uid",
            Self::Group => "gid",
        }
    }

    /// The tool that writes the map.
    #[must_use]
    pub const fn tool(self) -> &'static str {
        match self {
            Self::User => "newuidmap",
            Self::Group => "newgidmap",
        }
    }
}

/// One entry of a map. Numbers too big for 64 bits are held as `u64::MAX`, which is an overflow anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MapEntry<'a> {
    /// User or group ids.
    pub kind: IdKind,
    /// First id in the container.
    pub container: u64,
    /// First id on the host.
    pub host: u64,
    /// Number of ids.
    pub count: u64,
    /// The three numbers as written.
    pub fields: [&'a [u8]; 3],
    /// The value of the `lxc.idmap` line; empty for the default map.
    pub span: Span,
}

impl MapEntry<'_> {
    /// Whether the entry holds the container id.
    #[must_use]
    pub const fn holds_container(&self, id: u64) -> bool {
        self.container <= id && id - self.container < self.count
    }

    /// Whether the entry holds the host id.
    #[must_use]
    pub const fn holds_host(&self, id: u64) -> bool {
        self.host <= id && id - self.host < self.count
    }

    const fn first(&self, side: Side) -> u64 {
        match side {
            Side::Container => self.container,
            Side::Host => self.host,
        }
    }

    const fn end(&self, side: Side) -> u64 {
        self.first(side).saturating_add(self.count)
    }

    const fn overflows(&self) -> bool {
        self.container > MAX_ID
            || self.host > MAX_ID
            || self.count > MAX_ID
            || self.container + self.count > MAX_ID
            || self.host + self.count > MAX_ID
    }

    fn line(&self) -> BString {
        let [container, host, count] = self.fields;
        bstr::join(" ", [self.kind.letter().as_bytes(), container, host, count]).into()
    }
}

/// One side of a map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Ids in the container.
    Container,
    /// Ids on the host.
    Host,
}

/// Where a map comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// There is none: container ids are host ids.
    Privileged,
    /// The default of unprivileged containers.
    Default,
    /// `lxc.idmap` lines.
    Lines,
}

/// The effective id map of a container.
#[derive(Clone, Debug)]
pub struct IdMap<'a> {
    /// Where it comes from.
    pub origin: Origin,
    /// The entries, in file order.
    pub entries: Vec<MapEntry<'a>>,
    /// The values that are no map entries; the first one stops start and backup.
    pub bad: Vec<Raw<'a>>,
}

impl<'a> IdMap<'a> {
    /// The map of a container's main section.
    #[must_use]
    pub fn of(container: &Container<'a>) -> Self {
        let mut map = Self { origin: Origin::Lines, entries: Vec::new(), bad: Vec::new() };
        for raw in &container.main.raw {
            if is_map_key(raw.key, container.release) {
                match parse_entry(raw) {
                    Some(entry) => map.entries.push(entry),
                    None => map.bad.push(*raw),
                }
            }
        }
        if map.entries.is_empty() && map.bad.is_empty() {
            if container.is_unprivileged() {
                return Self::default_map();
            }
            map.origin = Origin::Privileged;
        }
        map
    }

    /// The map of an unprivileged container without `lxc.idmap` lines.
    #[must_use]
    pub fn default_map() -> Self {
        let entry = |kind| MapEntry {
            kind,
            container: 0,
            host: DEFAULT_HOST,
            count: DEFAULT_COUNT,
            fields: [b"0", b"100000", b"65536"],
            span: Span::default(),
        };
        Self { origin: Origin::Default, entries: IdKind::BOTH.map(entry).to_vec(), bad: Vec::new() }
    }

    /// The entries of one kind, in file order.
    pub fn kind(&self, kind: IdKind) -> impl Iterator<Item = &MapEntry<'a>> {
        self.entries.iter().filter(move |entry| entry.kind == kind)
    }

    /// What PVE dies with over the first bad value.
    #[must_use]
    pub fn error(&self) -> Option<BString> {
        let bad = self.bad.first()?;
        let mut text = BString::from("failed to parse idmap: ");
        text.extend_from_slice(bad.value);
        Some(text)
    }

    /// Uid and gid, as written, that PVE gives the container's volumes: the host side of the last entries whose
    /// container side is 0; host root where there is none.
    #[must_use]
    pub fn root_ids(&self) -> (&'a [u8], &'a [u8]) {
        let of = |kind| {
            let roots = self.kind(kind).filter(|entry| entry.container == 0);
            roots.last().map_or(&b"0"[..], |entry| entry.fields[1])
        };
        (of(IdKind::User), of(IdKind::Group))
    }

    /// The host id of a container id; `None` when no entry holds it. Without a map they are the same.
    #[must_use]
    pub fn host_id(&self, kind: IdKind, id: u64) -> Option<u64> {
        if self.origin == Origin::Privileged {
            return Some(id);
        }
        let entry = self.kind(kind).find(|entry| entry.holds_container(id))?;
        entry.host.checked_add(id - entry.container)
    }

    /// The container id that a host id appears as; `None` when no entry holds it (it then shows as 65534).
    #[must_use]
    pub fn container_id(&self, kind: IdKind, id: u64) -> Option<u64> {
        if self.origin == Origin::Privileged {
            return Some(id);
        }
        let entry = self.kind(kind).find(|entry| entry.holds_host(id))?;
        entry.container.checked_add(id - entry.host)
    }

    /// What PVE warns about overlapping entries when the container starts; `None` when there are none.
    #[must_use]
    pub fn overlap_message(&self) -> Option<BString> {
        for kind in IdKind::BOTH {
            for (side, name) in [(Side::Container, "container"), (Side::Host, "host")] {
                let sorted = self.sorted(kind, side);
                let clash = sorted.windows(2).find_map(|pair| match pair {
                    [a, b] if a.end(side) > b.first(side) => Some((*a, *b)),
                    _ => None,
                });
                if let Some((earlier, later)) = clash {
                    let id = match side {
                        Side::Container => later.fields[0],
                        Side::Host => later.fields[1],
                    };
                    let mut text = BString::from("invalid map entry '");
                    text.extend_from_slice(&later.line());
                    text.extend_from_slice(format!("': {name} {} ", kind.noun()).as_bytes());
                    text.extend_from_slice(id);
                    text.extend_from_slice(b" is also mapped by entry '");
                    text.extend_from_slice(&earlier.line());
                    text.push(b'\'');
                    return Some(text);
                }
            }
        }
        None
    }

    fn sorted(&self, kind: IdKind, side: Side) -> Vec<&MapEntry<'a>> {
        let mut sorted: Vec<_> = self.kind(kind).collect();
        sorted.sort_by_key(|entry| entry.first(side));
        sorted
    }

    /// Whether the map holds host uid 0: then LXC writes both maps itself, and nobody asks subuid and subgid.
    #[must_use]
    pub fn bypasses_grants(&self) -> bool {
        self.kind(IdKind::User).any(|entry| entry.holds_host(0))
    }
}

/// Whether `lxc.*` lines with this key are map entries for PVE. Version 7 also honours the old key, which LXC refuses.
#[must_use]
pub fn is_map_key(key: &[u8], release: Release) -> bool {
    key == b"lxc.idmap" || (key == b"lxc.id_map" && release == Release::Pve7)
}

/// Reads the value of an `lxc.idmap` line.
#[must_use]
pub fn parse_entry<'a>(raw: &Raw<'a>) -> Option<MapEntry<'a>> {
    let (kind, rest) = raw.value.split_first()?;
    let kind = match kind {
        b'u' => IdKind::User,
        b'g' => IdKind::Group,
        _ => return None,
    };
    if !rest.first().is_some_and(|&b| is_space(b)) {
        return None;
    }
    let mut words = rest.split(|&b| is_space(b)).filter(|word| !word.is_empty());
    let fields = [words.next()?, words.next()?, words.next()?];
    if words.next().is_some() || !fields.iter().all(|field| field.iter().all(u8::is_ascii_digit)) {
        return None;
    }
    let [container, host, count] = fields.map(saturating);
    Some(MapEntry { kind, container, host, count, fields, span: raw.span })
}

fn saturating(digits: &[u8]) -> u64 {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
}
