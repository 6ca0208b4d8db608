//! The paths of a comparison in the order of a tree, and sets of them.
//!
//! Behind every path below which PVE looks privileges up stands one more, `X/*`, for whatever else there is or will be below
//! X: no id has that name, so that it has what X hands down and nothing more.

use std::cmp::Ordering;
use std::ops::Range;

use crate::model::tables::access::{checked_below, checked_on};
use crate::release::Release;

/// Sorted paths: each is followed by all that is below it.
#[derive(Clone, Debug, Default)]
pub struct Paths {
    paths: Vec<Vec<u8>>,
    /// For each path, the position behind the last one below it.
    ends: Vec<u32>,
}

/// A set of paths: ranges of positions in [`Paths`], ascending, that don't touch.
pub type Region = Vec<Range<u32>>;

/// A part of a region, as a person would say it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// One path.
    One(u32),
    /// A path and all below it, whatever comes, apart from these.
    Tree(u32, Region),
    /// What is below that path and isn't known yet, but not the path itself, or not all that is known below it.
    Others(u32),
}

impl Paths {
    /// Those of `paths` on which PVE looks for anything in one of the releases, and what stands for the unknown below them.
    pub(super) fn new(paths: impl IntoIterator<Item = Vec<u8>>, releases: [Release; 2]) -> Self {
        let mut all: Vec<Vec<u8>> = Vec::new();
        for path in paths {
            let has_below = releases.iter().any(|release| !checked_below(&path, *release).is_empty());
            if has_below {
                all.push([path.strip_suffix(b"/").unwrap_or(&path), b"/*"].concat());
            }
            if has_below || releases.iter().any(|release| !checked_on(&path, *release).is_empty()) {
                all.push(path);
            }
        }
        all.sort_unstable_by(|a, b| in_tree_order(a, b));
        all.dedup();
        let mut ends = vec![0; all.len()];
        let mut open: Vec<usize> = Vec::new();
        for (at, path) in all.iter().enumerate() {
            while let Some(&last) = open.last()
                && !all.get(last).is_some_and(|above| is_below(path, above))
            {
                close(&mut ends, last, at);
                open.pop();
            }
            open.push(at);
        }
        for last in open {
            close(&mut ends, last, all.len());
        }
        Self { paths: all, ends }
    }

    /// The paths, `X/*` among them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.paths.iter().map(Vec::as_slice)
    }

    /// Number of paths that have a name of their own.
    #[must_use]
    pub fn named(&self) -> usize {
        self.iter().filter(|path| !path.ends_with(b"*")).count()
    }

    /// The path at a position; empty behind the end.
    #[must_use]
    pub fn get(&self, at: u32) -> &[u8] {
        self.paths.get(at as usize).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the path stands for what is below another.
    #[must_use]
    pub fn is_others(&self, at: u32) -> bool {
        self.get(at).ends_with(b"/*")
    }

    /// The positions of a path and of all below it.
    #[must_use]
    pub fn below(&self, at: u32) -> Range<u32> {
        at..self.ends.get(at as usize).copied().unwrap_or(at + 1)
    }

    /// `region` in few parts: whole subtrees, then what is left.
    #[must_use]
    pub fn parts(&self, region: &[Range<u32>]) -> Vec<Part> {
        let mut parts = Vec::new();
        let mut skip = 0;
        for at in region.iter().cloned().flatten() {
            if at < skip {
                continue;
            }
            let below = self.below(at);
            // The representative comes first of what is below a path.
            let whole = self.is_others(at + 1) && below.contains(&(at + 1)) && contains(region, at + 1);
            if self.is_others(at) {
                parts.push(Part::Others(at));
            } else if whole {
                let missing = missing(region, &below);
                let count: u32 = missing.iter().map(|range| range.end - range.start).sum();
                if count * 2 < below.end - below.start {
                    skip = below.end;
                    parts.push(Part::Tree(at, missing));
                } else {
                    parts.push(Part::One(at));
                }
            } else {
                parts.push(Part::One(at));
            }
        }
        parts
    }
}

fn close(ends: &mut [u32], at: usize, end: usize) {
    if let Some(slot) = ends.get_mut(at) {
        *slot = u32::try_from(end).unwrap_or(u32::MAX);
    }
}

/// Whether `region` holds position `at`.
#[must_use]
pub fn contains(region: &[Range<u32>], at: u32) -> bool {
    let next = region.partition_point(|range| range.end <= at);
    region.get(next).is_some_and(|range| range.contains(&at))
}

/// Adds `at`, which is behind all that `region` holds.
pub(super) fn push(region: &mut Region, at: u32) {
    match region.last_mut() {
        Some(last) if last.end == at => last.end += 1,
        _ => region.push(at..at + 1),
    }
}

/// What of `all` isn't in `region`.
fn missing(region: &[Range<u32>], all: &Range<u32>) -> Region {
    let mut missing = Region::new();
    let mut at = all.start;
    let first = region.partition_point(|range| range.end <= all.start);
    for range in region.iter().skip(first).take_while(|range| range.start < all.end) {
        if at < range.start {
            missing.push(at..range.start);
        }
        at = range.end;
    }
    if at < all.end {
        missing.push(at..all.end);
    }
    missing
}

fn is_below(path: &[u8], above: &[u8]) -> bool {
    above == b"/" || path.strip_prefix(above).is_some_and(|rest| rest.first() == Some(&b'/'))
}

/// Component by component: nothing, `*`, numbers by their value, names.
fn in_tree_order(a: &[u8], b: &[u8]) -> Ordering {
    let key = |part: &[u8]| match part {
        b"" => (0, 0),
        b"*" => (1, 0),
        number if number.iter().all(u8::is_ascii_digit) => (2, number.len()),
        _ => (3, 0),
    };
    let (mut left, mut right) = (a.split(|&byte| byte == b'/'), b.split(|&byte| byte == b'/'));
    loop {
        let order = match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(left), Some(right)) => key(left).cmp(&key(right)).then(left.cmp(right)),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(paths: &[&str]) -> Paths {
        Paths::new(paths.iter().map(|path| path.as_bytes().to_vec()), [Release::Pve9; 2])
    }

    #[test]
    fn what_is_below_a_path_follows_it() {
        let paths = paths(&["/vms/1000", "/vms", "/vms/200", "/", "/storage", "/vms/200"]);
        let names: Vec<_> = paths.iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        assert_eq!(names, ["/", "/*", "/storage", "/storage/*", "/vms", "/vms/*", "/vms/200", "/vms/1000"]);
        assert_eq!((paths.below(0), paths.below(4), paths.below(6)), (0..8, 4..8, 6..7));
    }

    #[test]
    fn nothing_is_asked_where_pve_never_looks() {
        assert_eq!(paths(&["/pools/x", "/vms/0100", "/nowhere"]).iter().count(), 0);
    }

    #[test]
    fn a_region_is_told_in_few_parts() {
        let paths = paths(&["/", "/storage", "/vms", "/vms/100", "/vms/101", "/vms/102"]);
        let region = |positions: &[u32]| {
            let mut region = Region::new();
            positions.iter().for_each(|at| push(&mut region, *at));
            region
        };
        let tree = |at, missing: &[u32]| vec![Part::Tree(at, region(missing))];
        assert_eq!(paths.parts(&region(&[0, 1, 2, 3, 4, 5, 6, 7, 8])), tree(0, &[]));
        assert_eq!(paths.parts(&region(&[4, 5, 6, 7, 8])), tree(4, &[]));
        assert_eq!(paths.parts(&region(&[4, 5, 7, 8])), tree(4, &[6]));
        assert_eq!(paths.parts(&region(&[1, 6, 7])), [Part::Others(1), Part::One(6), Part::One(7)]);
    }
}
