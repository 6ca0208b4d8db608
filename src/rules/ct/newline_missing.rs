//! A config that doesn't end in a line feed.

use super::{Ct, conf, display_name, finding_in_main};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    if !guest.config.lacks_final_newline() {
        return;
    }
    let end = guest.config.text.len();
    let finding = finding_in_main(
        guest,
        b"",
        Span::new(end.saturating_sub(1), end),
        format!("the config of {} doesn't end in a line feed", display_name(guest)),
    )
    .consequence("Text that is appended with `echo ... >>` becomes a part of the last line.")
    .edit(format!("add a line feed at the end of {}", conf(guest)));
    sink.push(finding);
}
