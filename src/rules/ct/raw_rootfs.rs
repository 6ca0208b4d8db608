//! lxc.rootfs.path or lxc.rootfs.options.

use super::{Ct, dropped, found, placed, remove_line, rule};
use crate::finding::Level;
use crate::model::container::Drop;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-raw-rootfs", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let Drop::RawRejected(key, why) = dropped.why else { continue };
        let finding = found(guest, dropped.place, key, dropped.span, format!("PVE drops {}", words::name(key)))
            .label(why)
            .pve("PVE makes LXC's rootfs lines from the option rootfs, and deletes this one at its next change of the container.")
            .edit(remove_line(guest, dropped.span));
        sink.push(placed(finding, RULE.level, dropped.place));
    }
}
