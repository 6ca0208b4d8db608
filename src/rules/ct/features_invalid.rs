//! Features that PVE can't read.

use super::{Ct, corrected, display_name, edit_props, level_for_section, refused, refused_props, set};
use crate::finding::Level;
use crate::model::container::Place;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["features"]) {
        let finding =
            refused_props(guest, quirk, problem, format!("PVE can't read features of {}", display_name(guest)))
                .consequence("One bad part makes the whole line unreadable, and the container doesn't start.");
        let finding = match corrected(guest, quirk.key, quirk.span) {
            Some(value) if !matches!(quirk.place, Place::Snapshot(_)) => {
                finding.fix_command(set(guest, quirk.key, value))
            }
            _ => edit_props(finding, guest, quirk),
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
