//! The `idmap` of a mount point: which ids its files have on disk (pve-container 6.1.6 and later).

use super::{IdKind, IdMap, Origin, Side, saturating};
use crate::model::container::check::mount_idmap;

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
        let entries = mount_idmap(value)?;
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
