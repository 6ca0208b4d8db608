//! A config that doesn't end in a line feed.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    if guest.text().last().is_none_or(|&last| last == b'\n') {
        return;
    }
    let end = guest.text().len();
    let message = format!("the config of {} doesn't end in a line feed", guest.display_name());
    let finding = guest
        .finding(b"", Span::new(end.saturating_sub(1), end), message)
        .consequence("Text that is appended with `echo ... >>` becomes a part of the last line.")
        .edit(format!("add a line feed at the end of {}", guest.conf()));
    sink.push(finding);
}
