//! The elements of a list in the order of a number that each of them has: the entries of each subject, those on each node.

/// Positions in a list, those of one number after those of the numbers below it. Counted out, not sorted: as fast as reading the
/// list twice.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grouped {
    positions: Vec<u32>,
    /// For each number, where in `positions` its own end; they begin where those of the number below end.
    ends: Vec<u32>,
}

impl Grouped {
    /// Groups a list by the number of each element, all of which are below `count`. The order of the list stays within a group.
    pub(crate) fn new(count: usize, numbers: impl Iterator<Item = usize> + Clone) -> Self {
        let mut ends = vec![0u32; count];
        for number in numbers.clone() {
            if let Some(size) = ends.get_mut(number) {
                *size += 1;
            }
        }
        let mut all = 0;
        for size in &mut ends {
            // Where the group begins; filling it moves that to its end.
            all += std::mem::replace(size, all);
        }
        let mut positions = vec![0; all as usize];
        for (at, number) in (0..).zip(numbers) {
            if let Some(next) = ends.get_mut(number)
                && let Some(slot) = positions.get_mut(*next as usize)
            {
                *slot = at;
                *next += 1;
            }
        }
        Self { positions, ends }
    }

    /// All positions, group by group.
    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Sorts each group by a second key; the order of the list stays among equals.
    pub(crate) fn sort_by_key<K: Ord>(&mut self, key: impl Fn(u32) -> K) {
        let mut start = 0;
        for end in &self.ends {
            let group = self.positions.get_mut(start..*end as usize).unwrap_or_default();
            group.sort_by_key(|at| key(*at));
            start = *end as usize;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_keep_the_order_of_the_list() {
        let numbers = [2, 0, 2, 5, 0, 9];
        let mut grouped = Grouped::new(6, numbers.into_iter());
        assert_eq!(grouped.positions(), [1, 4, 0, 2, 3], "a number beyond the count is nowhere");
        grouped.sort_by_key(std::cmp::Reverse);
        assert_eq!(grouped.positions(), [4, 1, 2, 0, 3]);
    }
}
