//! A user of the node may map the ids that containers run with.

use super::files;
use crate::cluster::Guest;
use crate::finding::{Finding, Level};
use crate::model::container::Container;
use crate::model::idmap::{self, IdKind, IdMap, Origin};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let cluster = context.cluster;
    for (kind, name, file) in files(cluster) {
        let others: Vec<_> = file.model.entries.iter().filter(|line| !line.is_roots(&[]) && line.count > 0).collect();
        if others.is_empty() {
            continue;
        }
        let mut ranges = Vec::new();
        for guest in cluster.containers.iter().filter(|guest| cluster.subid_is_of(guest.node) == Some(true)) {
            host_ranges(guest, kind, &mut ranges);
        }
        ranges.sort_unstable();
        ranges.dedup();
        for line in others {
            let end = line.end().unwrap_or(u64::MAX);
            let shared = |&&(first, last, _): &&(u64, u64, Option<u32>)| first < end && line.start < last;
            let Some(&(first, _, vmid)) = ranges.iter().find(shared) else { continue };
            let owner = words::name(line.owner);
            let guest =
                vmid.map_or_else(|| "the unprivileged containers".to_owned(), |vmid| format!("container {vmid}"));
            let finding = Finding::new(name, file.at(line.span), format!("`{owner}` is allowed to use the ids of {guest}"))
                .label(format!("shares {} {} with {guest}", kind.noun(), first.max(line.start)))
                .discriminator(owner.clone())
                .consequence(format!("`{owner}` can enter a user namespace that owns the files of {guest}, and can read and change them there."))
                .edit(format!("give {owner} another range in {name}, above those that containers use, such as {owner}:{}:65536", free_above(&ranges)));
            sink.push(finding);
        }
    }
}

/// Adds the host ranges of a container that aren't the node's own accounts; the default map once for all who use it.
fn host_ranges(guest: &Guest<'_, Container<'_>>, kind: IdKind, ranges: &mut Vec<(u64, u64, Option<u32>)>) {
    let map = IdMap::of(&guest.config);
    let vmid = guest.vmid.filter(|_| map.origin == Origin::Lines);
    for entry in map.kind(kind).filter(|entry| entry.host >= idmap::DEFAULT_COUNT) {
        ranges.push((entry.host, entry.host.saturating_add(entry.count), vmid));
    }
}

/// A start above everything that containers use.
fn free_above(ranges: &[(u64, u64, Option<u32>)]) -> u64 {
    let end = ranges.iter().map(|range| range.1).max().unwrap_or_default();
    end.div_ceil(100_000).saturating_mul(100_000).max(1_000_000)
}
