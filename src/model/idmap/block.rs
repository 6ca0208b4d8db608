//! Writing a right map: the lines of `lxc.idmap` for a base and holes, and what has to be granted for them.

use std::fmt::Write as _;

use super::IdKind;

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

#[cfg(test)]
mod tests {
    use super::*;

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
}
