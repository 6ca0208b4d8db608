//! Resource pools in user.cfg: lines and members that PVE drops.

use rustc_hash::FxHashSet;

use crate::model::user::Reason;
use crate::rules::user::Look;
use crate::text::Span;

include!(concat!(env!("OUT_DIR"), "/rules/pool.rs"));

/// The lines in which guests and storages have probably changed places: names where numbers belong and the reverse, so that
/// PVE takes nothing from them.
fn swapped(look: &Look<'_>) -> FxHashSet<Span> {
    let dropped = || look.dropped().map(|dropped| (&dropped.reason, dropped.line));
    let names: FxHashSet<_> =
        dropped().filter(|(reason, _)| matches!(reason, Reason::PoolVmid { .. })).map(|(_, line)| line).collect();
    let kept = look.model.pools.iter().flat_map(|pool| {
        pool.vms.iter().map(|vm| vm.span.start).chain(pool.storage.iter().map(|storage| storage.span.start))
    });
    let mut kept: Vec<_> = kept.collect();
    kept.sort_unstable();
    let nothing_kept = |line: Span| {
        let first = kept.partition_point(|start| *start < line.start);
        kept.get(first).is_none_or(|start| *start >= line.end)
    };
    let mut swapped = FxHashSet::default();
    for (reason, line) in dropped() {
        if let Reason::PoolStorage { storage, .. } = reason
            && storage.iter().all(u8::is_ascii_digit)
            && names.contains(&line)
            && nothing_kept(line)
        {
            swapped.insert(line);
        }
    }
    swapped
}
