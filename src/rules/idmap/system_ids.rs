//! A system account of the host in a map.

use super::{Mapped, ids};
use crate::finding::Level;
use crate::model::idmap::{IdKind, MapFault};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// Accounts that are near to root.
const POWERFUL: &[(IdKind, u64, &str)] = &[
    (IdKind::User, 33, "www-data, which pveproxy runs as"),
    (IdKind::Group, 33, "www-data, which can read /etc/pve"),
    (IdKind::Group, 6, "disk, which can read and write the node's disks"),
    (IdKind::Group, 42, "shadow, which can read password hashes"),
    (IdKind::Group, 15, "kmem, which can read the kernel's memory"),
];

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Warning, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::Punched(entry)) = (problem.kind, &problem.why) else { continue };
        let first = entry.host.max(1);
        let end = entry.host.saturating_add(entry.count).min(1000);
        if first >= end || mapped.is_broken(kind) {
            continue;
        }
        let range = ids(first, end - first);
        let power = POWERFUL.iter().find(|(of, id, _)| *of == kind && (first..end).contains(id));
        let mut finding = mapped
            .finding(
                entry.span,
                format!("container {} maps host {} {range} of the node's own accounts", guest.vmid_text(), kind.noun()),
            )
            .discriminator(format!("{} {range}", kind.letter()));
        finding = match power {
            Some((_, id, what)) => finding.label(format!("{id} is {what}")),
            // Groups of devices (video, render) are the usual reason, and a good one before devices could be passed with gid=.
            None => finding.at_level(Level::Note),
        };
        finding = finding.consequence(
            "Processes in the container can do what that account can do with the host's files and devices.",
        );
        if kind == IdKind::Group && guest.config.release >= Release::Pve8 {
            finding = finding.edit(
                "for a device, `pct set ID -dev0 /dev/...,gid=N` gives it to a group of the container without this map",
            );
        }
        sink.push(finding);
    }
}
