//! Resource pools in user.cfg: lines and members that PVE drops.

use rustc_hash::FxHashSet;

use crate::model::user::{Dropped, Reason};
use crate::rules::user::Look;
use crate::text::Span;

pub mod guest_malformed;
pub mod guest_twice;
pub mod name_malformed;
pub mod nested_unsupported;
pub mod storage_malformed;

/// The lines in which guests and storages have probably changed places: names where numbers belong, and the reverse.
fn swapped(look: &Look<'_>) -> FxHashSet<Span> {
    let number = |dropped: &&&Dropped<'_>| matches!(&dropped.reason, Reason::PoolStorage { storage, .. } if storage.iter().all(u8::is_ascii_digit));
    let dropped: Vec<_> = look.dropped().collect();
    let names: FxHashSet<_> = dropped
        .iter()
        .filter(|dropped| matches!(dropped.reason, Reason::PoolVmid { .. }))
        .map(|dropped| dropped.line)
        .collect();
    dropped.iter().filter(number).map(|dropped| dropped.line).filter(|line| names.contains(line)).collect()
}
