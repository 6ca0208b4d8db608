//! A description that is just 0.

use super::{Ct, display_name, dropped, finding_in, remove_line};
use crate::finding::Level;
use crate::model::container::DropReason;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        if dropped.why != DropReason::FalseDescription {
            continue;
        }
        let finding = finding_in(
            guest,
            dropped.place,
            b"description",
            dropped.span,
            format!("{} has 0 as its description", display_name(guest)),
        )
        .consequence("PVE drops a description that is just 0.")
        .edit(remove_line(guest, dropped.span));
        sink.push(finding);
    }
}
