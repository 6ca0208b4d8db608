//! Features that PVE can't read.

use super::{Ct, corrected, edit_props, placed, refused, refused_props, rule, set, who};
use crate::finding::Level;
use crate::model::container::Place;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-features-syntax", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["features"]) {
        let finding = refused_props(guest, odd, problem, format!("PVE can't read features of {}", who(guest)))
            .pve("One bad part makes the whole line unreadable, and the container doesn't start.");
        let finding = match corrected(guest, odd.key, odd.span) {
            Some(value) if !matches!(odd.place, Place::Snapshot(_)) => finding.mend(set(guest, odd.key, value)),
            _ => edit_props(finding, guest, odd),
        };
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
