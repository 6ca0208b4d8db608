//! A root file system that PVE can't read.

use super::{Ct, edit_props, placed, refused, refused_props, rule, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-rootfs-syntax", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["rootfs"]) {
        let finding = refused_props(guest, odd, problem, format!("PVE can't read rootfs of {}", who(guest)))
            .pve("One bad part makes the whole line unreadable: the container can't be started, mounted or backed up.");
        sink.push(placed(edit_props(finding, guest, odd), RULE.level, odd.place));
    }
}
