//! lxc.rootfs.path or lxc.rootfs.options.

use super::{Ct, dropped, finding_in, level_for_section, remove_line};
use crate::finding::Level;
use crate::model::container::DropReason;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let DropReason::RawRejected(key, why) = dropped.why else { continue };
        let finding = finding_in(guest, dropped.place, key, dropped.span, format!("PVE drops `{}`", words::name(key)))
            .label(why)
            .consequence("PVE generates LXC's rootfs lines from the option rootfs, and deletes this one with its next change of the container.")
            .edit(remove_line(guest, dropped.span));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
