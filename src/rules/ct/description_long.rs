//! A description longer than the API takes.

use super::{Ct, conf, display_name, finding_in};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in guest.config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::LongDescription) {
        let finding = finding_in(
            guest,
            quirk.place,
            b"description",
            quirk.span,
            format!("the notes of {} have more than 8192 characters", display_name(guest)),
        )
        .consequence("PVE reads them but refuses every change of the notes that keeps them that long.")
        .edit(format!("shorten the notes in {}", conf(guest)));
        sink.push(finding);
    }
}
