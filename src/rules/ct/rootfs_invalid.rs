//! A root file system that PVE can't read.

use super::{Ct, display_name, edit_props, level_for_section, refused, refused_props};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["rootfs"]) {
        let finding = refused_props(guest, quirk, problem, format!("PVE can't read rootfs of {}", display_name(guest)))
            .consequence(
                "One bad part makes the whole line unreadable: the container can't be started, mounted or backed up.",
            );
        sink.push(level_for_section(edit_props(finding, guest, quirk), RULE.level, quirk.place));
    }
}
