//! What `newuidmap` and `newgidmap` say when LXC, as root, has them write a map.

use super::{IdKind, IdMap, MAX_BYTES, MAX_ENTRIES, MapEntry, Side};
use crate::model::subid::Grants;

impl IdMap<'_> {
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
pub(super) fn is_granted(entry: &MapEntry<'_>, grants: &Grants) -> bool {
    (entry.host == 0 && entry.count == 1) || grants.have(entry.host, entry.count)
}

/// Size of the text that the tool writes into `uid_map`.
pub(super) fn map_bytes(entries: &[&MapEntry<'_>]) -> usize {
    let digits = |number: u64| number.checked_ilog10().map_or(1, |log| log as usize + 1);
    entries.iter().map(|entry| digits(entry.container) + digits(entry.host) + digits(entry.count) + 3).sum()
}
