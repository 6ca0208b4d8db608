//! A config with CR LF at the ends of its lines.

use super::{Ct, conf, display_name, finding_in_main};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(at) = memchr::memmem::find(guest.config.text, b"\r\n") else { return };
    let finding = finding_in_main(
        guest,
        b"",
        Span::new(at, at + 1),
        format!("the config of {} has Windows line ends", display_name(guest)),
    )
    .consequence("PVE strips them, and its next change of the container writes the file without.")
    .edit(format!("dos2unix {}", conf(guest)));
    sink.push(finding);
}
