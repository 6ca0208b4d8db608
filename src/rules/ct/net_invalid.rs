//! A network interface that PVE can't read.

use super::{Ct, display_name, edit_props, level_for_section, refused, refused_props};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["net"]) {
        let message = format!("PVE can't read `{}` of {}", words::name(quirk.key), display_name(guest));
        let finding = refused_props(guest, quirk, problem, message)
            .consequence("One bad part makes the whole line unreadable, and the container doesn't start.");
        sink.push(level_for_section(edit_props(finding, guest, quirk), RULE.level, quirk.place));
    }
}
