//! The user and group id map of a container: what it is, whether the node lets it be, and how to write a right one.
//!
//! The map itself as `parse_id_maps` and `validate_id_maps` in pve-container, `PVE/LXC.pm`, make it; the checks as
//! `newuidmap` and `newgidmap` (shadow 4.8.1 to 4.17.4) and the kernel (`map_write` in `kernel/user_namespace.c`) make
//! them when the container starts. LXC calls the two tools even though it is root; only a map that holds host uid 0
//! bypasses them.

use std::fmt::Write as _;

use bstr::BString;

use super::container::{Container, Raw};
use super::subid::Grants;
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

    /// Everything that is wrong with the map, or worth knowing. `grants` are those of the node's subuid and subgid, when
    /// known. A container without a map has no problems.
    #[must_use]
    pub fn check(&self, subuid: Option<&Grants>, subgid: Option<&Grants>) -> Vec<MapProblem<'a>> {
        let mut problems: Vec<_> =
            self.bad.iter().map(|bad| MapProblem { kind: None, span: bad.span, why: MapFault::Syntax }).collect();
        if self.origin == Origin::Privileged || (self.entries.is_empty() && !self.bad.is_empty()) {
            return problems;
        }
        let bypass = self.bypasses_grants();
        for (kind, grants) in IdKind::BOTH.into_iter().zip([subuid, subgid]) {
            self.check_kind(kind, grants.filter(|_| !bypass), &mut problems);
        }
        problems
    }

    fn check_kind(&self, kind: IdKind, grants: Option<&Grants>, problems: &mut Vec<MapProblem<'a>>) {
        let mut add = |span: Span, why| problems.push(MapProblem { kind: Some(kind), span, why });
        let whole = self.entries.iter().map(|entry| entry.span).reduce(Span::join).unwrap_or_default();
        let entries: Vec<_> = self.kind(kind).collect();
        let own = entries.iter().map(|entry| entry.span).reduce(Span::join).unwrap_or(whole);
        if entries.is_empty() {
            return add(whole, MapFault::MissingKind);
        }
        if !entries.iter().any(|entry| entry.holds_container(0)) {
            add(own, MapFault::RootUnmapped);
        }
        for entry in &entries {
            if entry.overflows() {
                add(entry.span, MapFault::Overflow(**entry));
            } else if entry.count == 0 {
                add(entry.span, MapFault::CountZero(**entry));
            }
        }
        self.overlaps(kind, &mut add);
        let bytes = map_bytes(&entries);
        if entries.len() > MAX_ENTRIES || bytes > MAX_BYTES {
            add(own, MapFault::Limit { entries: entries.len(), bytes });
        }
        for entry in &entries {
            if entry.holds_host(0) {
                add(entry.span, MapFault::HostRoot(**entry));
            }
            if entry.host < DEFAULT_COUNT && entry.end(Side::Host) > 1 && entry.count > 0 {
                add(entry.span, MapFault::Punched(**entry));
            }
        }
        if let Some(grants) = grants {
            for entry in entries.iter().filter(|entry| !entry.overflows() && !is_granted(entry, grants)) {
                if entry.count > 0 {
                    add(entry.span, MapFault::NotGranted(**entry));
                }
            }
        }
        let gaps = self.gaps(kind, DEFAULT_COUNT);
        if !gaps.is_empty() {
            add(own, MapFault::Unmapped(gaps));
        }
        self.shifted(kind, &mut add);
        self.one_sided(kind, &mut add);
    }

    fn overlaps(&self, kind: IdKind, add: &mut impl FnMut(Span, MapFault<'a>)) {
        for side in [Side::Container, Side::Host] {
            let mut reach: Option<&MapEntry<'a>> = None;
            for entry in self.sorted(kind, side).into_iter().filter(|entry| entry.count > 0) {
                if let Some(other) = reach.filter(|other| other.end(side) > entry.first(side)) {
                    add(entry.span, MapFault::Overlap { side, entry: *entry, other: *other });
                }
                if reach.is_none_or(|reach| entry.end(side) > reach.end(side)) {
                    reach = Some(entry);
                }
            }
        }
    }

    /// The container ids in `0..end` that no entry of the kind holds, as ranges (first, behind the last).
    #[must_use]
    pub fn gaps(&self, kind: IdKind, end: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut next = 0;
        for entry in self.sorted(kind, Side::Container).into_iter().filter(|entry| entry.count > 0) {
            let first = entry.container.min(end);
            if first > next {
                gaps.push((next, first));
            }
            next = next.max(entry.end(Side::Container).min(end));
        }
        if next < end {
            gaps.push((next, end));
        }
        gaps
    }

    /// Entries above the usual host ids whose offset differs by exactly one from the first such entry's.
    fn shifted(&self, kind: IdKind, add: &mut impl FnMut(Span, MapFault<'a>)) {
        let offset = |entry: &MapEntry<'_>| i128::from(entry.host) - i128::from(entry.container);
        let mut high = self.sorted(kind, Side::Container).into_iter().filter(|entry| entry.host >= DEFAULT_COUNT);
        let Some(first) = high.next() else { return };
        for entry in high {
            let by = offset(entry) - offset(first);
            if by == 1 || by == -1 {
                add(entry.span, MapFault::Shifted { entry: *entry, forward: by > 0 });
            }
        }
    }

    /// Low host ids that this kind passes through under a container id, and the other kind doesn't.
    fn one_sided(&self, kind: IdKind, add: &mut impl FnMut(Span, MapFault<'a>)) {
        let other = if kind == IdKind::User { IdKind::Group } else { IdKind::User };
        let low = |entry: &&MapEntry<'a>| entry.host < DEFAULT_COUNT && entry.count > 0;
        if self.kind(other).next().is_none() {
            return;
        }
        let mut same: Vec<_> = self.kind(other).filter(low).map(|entry| (entry.container, entry.host)).collect();
        same.sort_unstable();
        for entry in self.kind(kind).filter(low) {
            if same.binary_search(&(entry.container, entry.host)).is_err() {
                add(entry.span, MapFault::OneSided(*entry));
            }
        }
    }

    /// The first line that `newuidmap` or `newgidmap` prints on standard error when LXC writes the map of this kind;
    /// `None` when the map is written. Says nothing about the other kind.
    #[must_use]
    pub fn tool_message(&self, kind: IdKind, grants: &Grants) -> Option<String> {
        let entries: Vec<_> = self.kind(kind).copied().collect();
        tool_message(kind, &entries, grants)
    }
}

/// The first line that `newuidmap` (or, for groups, `newgidmap`), called by root with these entries, prints on standard
/// error; `None` when the map is written. First all entries are tested for overflow, then all for permission, then the
/// kernel looks at the whole.
#[must_use]
pub fn tool_message(kind: IdKind, entries: &[MapEntry<'_>], grants: &Grants) -> Option<String> {
    let tool = kind.tool();
    if entries.iter().any(MapEntry::overflows) {
        return Some(format!("{tool}: subuid overflow detected."));
    }
    if let Some(entry) = entries.iter().find(|entry| !is_granted(entry, grants)) {
        return Some(not_allowed(kind, entry));
    }
    let refs: Vec<_> = entries.iter().collect();
    let limit = entries.is_empty() || entries.len() > MAX_ENTRIES || map_bytes(&refs) > MAX_BYTES;
    let overlap = [Side::Container, Side::Host].into_iter().any(|side| {
        let mut sorted: Vec<_> = entries.iter().map(|entry| (entry.first(side), entry.end(side))).collect();
        sorted.sort_unstable();
        sorted.windows(2).any(|pair| matches!(pair, [a, b] if a.1 > b.0))
    });
    (limit || overlap).then(|| format!("{tool}: write to {}_map failed: Invalid argument", kind.noun()))
}

/// What the tool prints about an entry that isn't granted.
#[must_use]
pub fn not_allowed(kind: IdKind, entry: &MapEntry<'_>) -> String {
    let (container, host) = (entry.container, entry.host);
    let (container_end, host_end) = (entry.end(Side::Container), entry.end(Side::Host));
    let (tool, noun) = (kind.tool(), kind.noun());
    format!("{tool}: {noun} range [{container}-{container_end}) -> [{host}-{host_end}) not allowed")
}

/// Root may always map its own id, alone, without a grant.
fn is_granted(entry: &MapEntry<'_>, grants: &Grants) -> bool {
    (entry.host == 0 && entry.count == 1) || grants.have(entry.host, entry.count)
}

/// Size of the text that the tool writes into `uid_map`.
fn map_bytes(entries: &[&MapEntry<'_>]) -> usize {
    let digits = |number: u64| number.checked_ilog10().map_or(1, |log| log as usize + 1);
    entries.iter().map(|entry| digits(entry.container) + digits(entry.host) + digits(entry.count) + 3).sum()
}

/// A problem of an id map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapProblem<'a> {
    /// The kind of ids; `None` when the line doesn't say.
    pub kind: Option<IdKind>,
    /// The value, or values, to blame; empty for the default map.
    pub span: Span,
    /// What it is.
    pub why: MapFault<'a>,
}

/// What can be wrong with an id map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapFault<'a> {
    /// Not `u|g <container id> <host id> <count>`.
    Syntax,
    /// No entry of this kind, though of the other.
    MissingKind,
    /// No entry holds container id 0.
    RootUnmapped,
    /// A number or the end of a range is beyond 32 bits.
    Overflow(MapEntry<'a>),
    /// A range of no ids, which is never allowed.
    CountZero(MapEntry<'a>),
    /// Two entries share ids; the kernel refuses the map.
    Overlap {
        /// On which side.
        side: Side,
        /// The entry that begins later on that side.
        entry: MapEntry<'a>,
        /// The other one.
        other: MapEntry<'a>,
    },
    /// More than the kernel takes.
    Limit {
        /// Number of entries.
        entries: usize,
        /// Size of the map as text.
        bytes: usize,
    },
    /// Host id 0 is mapped. For users this also switches off the test against subuid and subgid.
    HostRoot(MapEntry<'a>),
    /// Host ids below 65536, other than 0 alone, are mapped: those of the host's own accounts.
    Punched(MapEntry<'a>),
    /// Root has no grant for the range.
    NotGranted(MapEntry<'a>),
    /// Container ids from 0 to 65535 that nothing maps, as ranges (first, behind the last).
    Unmapped(Vec<(u64, u64)>),
    /// The offset between container and host ids is one more or less than that of the first entry: a hole wasn't
    /// counted right.
    Shifted {
        /// The entry.
        entry: MapEntry<'a>,
        /// Whether its host ids are one too high, not one too low.
        forward: bool,
    },
    /// A host id below 65536 is mapped for this kind and not, to the same container id, for the other.
    OneSided(MapEntry<'a>),
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

/// Ids to pass through to the host: container id, host id.
pub type Hole = (u64, u64);

/// A range of a map to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// First id in the container.
    pub container: u64,
    /// First id on the host.
    pub host: u64,
    /// Number of ids.
    pub count: u64,
}

/// A complete map of `count` ids from host id `base` on, with holes through which single ids lead elsewhere. Holes at or
/// above `count` are left out; of several for one container id the first counts. Runs of holes become one range.
#[must_use]
pub fn block(base: u64, count: u64, holes: &[Hole]) -> Vec<Range> {
    let mut holes: Vec<_> = holes.iter().copied().filter(|hole| hole.0 < count).collect();
    holes.sort_by_key(|hole| hole.0);
    holes.dedup_by_key(|hole| hole.0);
    let mut ranges: Vec<Range> = Vec::with_capacity(holes.len() * 2 + 1);
    let mut next = 0;
    for (container, host) in holes {
        if container > next {
            ranges.push(Range { container: next, host: base + next, count: container - next });
        }
        match ranges.last_mut() {
            Some(last)
                if last.container + last.count == container
                    && last.host + last.count == host
                    && last.host != base + last.container =>
            {
                last.count += 1;
            }
            _ => ranges.push(Range { container, host, count: 1 }),
        }
        next = container + 1;
    }
    if next < count {
        ranges.push(Range { container: next, host: base + next, count: count - next });
    }
    ranges
}

/// The `lxc.idmap` lines of a map.
#[must_use]
pub fn block_lines(kind: IdKind, ranges: &[Range]) -> String {
    ranges.iter().fold(String::new(), |mut lines, range| {
        let Range { container, host, count } = range;
        let _ = writeln!(lines, "lxc.idmap: {} {container} {host} {count}", kind.letter());
        lines
    })
}

/// The ranges of host ids that root must be granted for a map, first and behind the last, in order and merged.
#[must_use]
pub fn needed_grants(ranges: &[Range]) -> Vec<(u64, u64)> {
    let mut hosts: Vec<_> = ranges.iter().map(|range| (range.host, range.host + range.count)).collect();
    hosts.retain(|host| *host != (0, 1));
    hosts.sort_unstable();
    hosts.dedup_by(|next, last| {
        let touches = next.0 <= last.1;
        if touches {
            last.1 = last.1.max(next.1);
        }
        touches
    });
    hosts
}

/// The `idmap` of a mount point: which ids its files have on disk (pve-container 6.1.6 and later).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MountMap {
    /// `passthrough`: ids on disk are the container's.
    Passthrough,
    /// These container ids have other ids on disk; all others have their host ids.
    Ranges(Vec<DiskRange>),
}

/// One entry of a mount point's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskRange {
    /// User or group ids.
    pub kind: IdKind,
    /// First id in the container.
    pub container: u64,
    /// First id on disk.
    pub disk: u64,
    /// Number of ids.
    pub count: u64,
}

/// What is wrong with a mount point's map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountFault {
    /// Two entries share an id in the container; PVE refuses the map.
    ContainerOverlap(IdKind, u64),
    /// Two entries share an id on disk; PVE refuses the map.
    DiskOverlap(IdKind, u64),
    /// An id on disk is given to a container id by an entry, and is also the host id, and so the id on disk, of another
    /// that has no entry. PVE doesn't notice; the mount fails at the start.
    HostOverlap(IdKind, u64),
}

impl MountMap {
    /// Reads the value of `idmap`.
    #[must_use]
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value == b"passthrough" {
            return Some(Self::Passthrough);
        }
        let entries = super::container::check::mount_idmap(value)?;
        let range = |[kind, container, disk, count]: [&[u8]; 4]| DiskRange {
            kind: if kind == b"u" { IdKind::User } else { IdKind::Group },
            container: saturating(container),
            disk: saturating(disk),
            count: saturating(count),
        };
        Some(Self::Ranges(entries.into_iter().map(range).collect()))
    }

    fn ranges(&self, kind: IdKind) -> Vec<DiskRange> {
        match self {
            Self::Passthrough => Vec::new(),
            Self::Ranges(ranges) => ranges.iter().copied().filter(|range| range.kind == kind).collect(),
        }
    }

    /// The id on disk of a container's id; `None` when the container has no such id.
    #[must_use]
    pub fn disk_id(&self, map: &IdMap<'_>, kind: IdKind, id: u64) -> Option<u64> {
        let host = map.host_id(kind, id)?;
        match self {
            Self::Passthrough => Some(id),
            Self::Ranges(ranges) => ranges
                .iter()
                .find(|range| range.kind == kind && range.container <= id && id - range.container < range.count)
                .map_or(Some(host), |range| range.disk.checked_add(id - range.container)),
        }
    }

    /// The first fault of the map under the container's map; none where there is no container map, since it is then
    /// ignored.
    #[must_use]
    pub fn fault(&self, map: &IdMap<'_>) -> Option<MountFault> {
        if map.origin == Origin::Privileged {
            return None;
        }
        IdKind::BOTH.into_iter().find_map(|kind| {
            let mut ranges = self.ranges(kind);
            let clash = |spans: &[(u64, u64)]| {
                spans.windows(2).find_map(|pair| match pair {
                    [a, b] if a.1 > b.0 => Some(b.0),
                    _ => None,
                })
            };
            ranges.sort_by_key(|range| range.container);
            let inside: Vec<_> =
                ranges.iter().map(|range| (range.container, range.container.saturating_add(range.count))).collect();
            if let Some(id) = clash(&inside) {
                return Some(MountFault::ContainerOverlap(kind, id));
            }
            let mut disk: Vec<_> =
                ranges.iter().map(|range| (range.disk, range.disk.saturating_add(range.count))).collect();
            disk.sort_unstable();
            if let Some(id) = clash(&disk) {
                return Some(MountFault::DiskOverlap(kind, id));
            }
            if map.overlap_message().is_some() {
                return None;
            }
            let mut on_disk = on_disk(map, kind, &ranges);
            on_disk.sort_unstable();
            clash(&on_disk).map(|id| MountFault::HostOverlap(kind, id))
        })
    }
}

/// The ids on disk that a container's ids of one kind have, as ranges (first, behind the last) in no order. `ranges` are
/// sorted by container id and, like the map, free of overlaps; what the container doesn't map is left out.
fn on_disk(map: &IdMap<'_>, kind: IdKind, ranges: &[DiskRange]) -> Vec<(u64, u64)> {
    let mut found = Vec::new();
    for chunk in map.kind(kind).filter(|chunk| chunk.count > 0) {
        let end = chunk.end(Side::Container);
        let host = |id: u64| chunk.host.saturating_add(id - chunk.container);
        let mut next = chunk.container;
        let first = ranges.partition_point(|range| range.container.saturating_add(range.count) <= chunk.container);
        for range in ranges.get(first..).unwrap_or_default().iter().take_while(|range| range.container < end) {
            let from = range.container.max(chunk.container);
            let to = range.container.saturating_add(range.count).min(end);
            if from > next {
                found.push((host(next), host(from)));
            }
            let disk = range.disk.saturating_add(from - range.container);
            found.push((disk, disk.saturating_add(to - from)));
            next = to;
        }
        if next < end {
            found.push((host(next), host(end)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::subid::SubIds;

    fn map_of(conf: &str) -> (Vec<MapFault<'_>>, Option<String>) {
        let container = Container::parse(conf.as_bytes(), 100, Release::Pve9);
        let map = IdMap::of(&container);
        let grants = SubIds::parse(b"root:100000:65536").grants(&[]);
        let faults = map.check(Some(&grants), Some(&grants)).into_iter().map(|problem| problem.why).collect();
        (faults, map.tool_message(IdKind::User, &grants))
    }

    #[test]
    fn an_entry_of_no_ids_fills_no_gap() {
        let conf = "lxc.idmap: u 0 100000 10\nlxc.idmap: u 20 100020 0\nlxc.idmap: u 30 100030 10\n";
        let container = Container::parse(conf.as_bytes(), 100, Release::Pve9);
        assert_eq!(IdMap::of(&container).gaps(IdKind::User, 50), [(10, 30), (40, 50)]);
    }

    #[test]
    fn the_default_map_has_no_problem() {
        assert_eq!(map_of("unprivileged: 1\n"), (vec![], None));
        assert!(map_of("arch: amd64\n").0.is_empty());
    }

    #[test]
    fn a_hole_that_is_not_granted_is_named() {
        let conf = "unprivileged: 1\nlxc.idmap: u 0 100000 1000\nlxc.idmap: u 1000 1000 1\n\
                    lxc.idmap: u 1001 101001 64535\nlxc.idmap: g 0 100000 65536\n";
        let (faults, message) = map_of(conf);
        assert!(faults.iter().any(|fault| matches!(fault, MapFault::NotGranted(entry) if entry.host == 1000)));
        assert!(faults.iter().any(|fault| matches!(fault, MapFault::OneSided(entry) if entry.container == 1000)));
        assert_eq!(message.as_deref(), Some("newuidmap: uid range [1000-1001) -> [1000-1001) not allowed"));
    }

    #[test]
    fn typical_mistakes_are_told_apart() {
        let has = |lines: &[&str], wanted: fn(&MapFault<'_>) -> bool| {
            let conf: String = lines.iter().map(|line| format!("lxc.idmap: {line}\n")).collect();
            map_of(&conf).0.iter().any(wanted)
        };
        assert!(has(&["u 0 100000 65536"], |f| matches!(f, MapFault::MissingKind)));
        assert!(has(&["u 1 100000 65535"], |f| matches!(f, MapFault::RootUnmapped)));
        assert!(has(&["u 0 100000 65536", "u 1000 1000 1"], |f| matches!(f, MapFault::Overlap { .. })));
        assert!(has(&["u 0 100000 4294967295"], |f| matches!(f, MapFault::Overflow(_))));
        assert!(has(&["u 0 100000 0"], |f| matches!(f, MapFault::CountZero(_))));
        assert!(has(&["u 0 0 65536"], |f| matches!(f, MapFault::HostRoot(_))));
        assert!(has(&["u:0:100000:65536"], |f| matches!(f, MapFault::Syntax)));
        assert!(has(&["u 0 100000 1000"], |f| matches!(f, MapFault::Unmapped(gaps) if gaps == &[(1000, 65536)])));
        let shifted = ["u 0 100000 1000", "u 1000 1000 1", "u 1001 101000 64535"];
        assert!(has(&shifted, |f| matches!(f, MapFault::Shifted { forward: false, .. })));
        assert!(!has(&["u 0 100000 65536", "g 0 100000 65536"], |_| true));
    }

    #[test]
    fn host_root_bypasses_the_grants() {
        let (faults, _) = map_of("lxc.idmap: u 0 0 1\nlxc.idmap: u 1 5 3\nlxc.idmap: g 0 7 3\n");
        assert!(!faults.iter().any(|fault| matches!(fault, MapFault::NotGranted(_))));
    }

    #[test]
    fn the_block_tiles_the_container_and_maps_the_holes() {
        let range = |container, host, count| Range { container, host, count };
        let one = block(100_000, 65_536, &[(1000, 1000)]);
        assert_eq!(one, [range(0, 100_000, 1000), range(1000, 1000, 1), range(1001, 101_001, 64_535)]);
        assert_eq!(needed_grants(&one), [(1000, 1001), (100_000, 101_000), (101_001, 165_536)]);
        let run = block(100_000, 10, &[(1, 501), (0, 500), (9, 33), (12, 1)]);
        assert_eq!(run, [range(0, 500, 2), range(2, 100_002, 7), range(9, 33, 1)]);
        assert_eq!(block_lines(IdKind::Group, &run[..1]), "lxc.idmap: g 0 500 2\n");
    }

    #[test]
    fn mount_maps_conflict_on_disk_as_the_kernel_sees_it() {
        let map = IdMap::default_map();
        let fault = |value: &str| MountMap::parse(value.as_bytes()).unwrap().fault(&map);
        assert_eq!(fault("passthrough"), None);
        assert_eq!(fault("u:0:1000:1;g:0:1000:1"), None);
        assert_eq!(fault("u:0:1000:2;u:1:2000:1"), Some(MountFault::ContainerOverlap(IdKind::User, 1)));
        assert_eq!(fault("g:0:1000:2;g:5:1001:1"), Some(MountFault::DiskOverlap(IdKind::Group, 1001)));
        assert_eq!(fault("u:0:100005:1"), Some(MountFault::HostOverlap(IdKind::User, 100_005)));
        assert_eq!(fault("u:0:100001:1;u:1:100000:1"), None, "two ids that change places");
        assert_eq!(fault("u:70000:100005:1"), None, "an id that the container doesn't have");
    }

    #[test]
    fn ids_on_disk_follow_the_mount_map() {
        let map = IdMap::default_map();
        let id = |value: &str, id| MountMap::parse(value.as_bytes()).unwrap().disk_id(&map, IdKind::User, id);
        assert_eq!(id("u:10:1000:2", 11), Some(1001));
        assert_eq!(id("u:10:1000:2", 12), Some(100_012));
        assert_eq!(id("g:10:1000:2", 11), Some(100_011));
        assert_eq!(id("passthrough", 11), Some(11));
        assert_eq!(id("passthrough", 65_536), None);
    }
}
