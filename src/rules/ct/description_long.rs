//! A description longer than the API takes.

use super::{Ct, conf, found, rule, who};
use crate::finding::Level;
use crate::model::container::Why;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-description-long", Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for odd in guest.config.odd.iter().filter(|odd| odd.why == Why::LongDescription) {
        let finding = found(
            guest,
            odd.place,
            b"description",
            odd.span,
            format!("the notes of {} have more than 8192 characters", who(guest)),
        )
        .pve("PVE reads them, but refuses every change of the notes that leaves them so long.")
        .edit(format!("shorten the notes in {}", conf(guest)));
        sink.push(finding);
    }
}
