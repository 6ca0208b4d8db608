//! A description longer than the API takes.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let sections = std::iter::once(guest.main()).chain(guest.pending()).chain(guest.snapshots());
    for section in sections {
        let (Some(first), Some(last)) = (section.notes.first(), section.notes.last()) else { continue };
        // Decoding makes nothing longer.
        let length: usize = section.notes.iter().map(|note| note.text.len() + 1).sum();
        if length <= MOST || section.full_description().chars().count() <= MOST {
            continue;
        }
        let message = format!("the notes of {} have more than {MOST} characters", guest.display_name());
        let finding = guest
            .finding_in(section.place, b"description", first.span.join(last.span), message)
            .consequence("PVE reads them but refuses every change of the notes that keeps them that long.")
            .edit(format!("shorten the notes in {}", guest.conf()));
        sink.push(finding);
    }
}

/// What API and command line take.
const MOST: usize = 8192;
