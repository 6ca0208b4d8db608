//! A description that is just 0.

use super::{Ct, dropped, found, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::Drop;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-description-zero", Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        if dropped.why != Drop::FalseDescription {
            continue;
        }
        let finding = found(
            guest,
            dropped.place,
            b"description",
            dropped.span,
            format!("{} has 0 for a description", who(guest)),
        )
        .pve("PVE drops a description that is just 0.")
        .edit(remove_line(guest, dropped.span));
        sink.push(finding);
    }
}
