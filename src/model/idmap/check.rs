//! What is wrong with an id map, or worth knowing, by what PVE, the two tools and the kernel make of it.

use super::tool::{is_granted, map_bytes};
use super::{DEFAULT_COUNT, IdKind, IdMap, MAX_BYTES, MAX_ENTRIES, MapEntry, Origin, Side};
use crate::model::subid::Grants;
use crate::text::Span;

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

impl<'a> IdMap<'a> {
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::Container;
    use crate::model::subid::SubIds;
    use crate::release::Release;

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
}
