//! Two lines for one option.

use super::{AnyGuest, level_for_section};
use crate::finding::Level;
use crate::model::guest::{DropReason, Dropped, QuirkKind, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Warning, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let text = guest.text();
    let is_header = |dropped: &&Dropped<'_>| match dropped.why {
        DropReason::BadHeader { .. } => true,
        DropReason::Unparsable(Shape::Other) => dropped.span.bytes(text).trim_ascii_start().starts_with(b"["),
        _ => false,
    };
    let mut headers: Option<Vec<u32>> = None;
    for quirk in guest.quirks() {
        let QuirkKind::Overridden(by) = quirk.why else { continue };
        // Below a bad header stands another section's line; the header is what's wrong.
        let headers = headers
            .get_or_insert_with(|| guest.dropped().iter().filter(is_header).map(|header| header.span.start).collect());
        let next = headers.get(headers.partition_point(|header| *header < quirk.span.start));
        if next.is_some_and(|header| *header < by.start) {
            continue;
        }
        let same = quirk.span.bytes(text) == by.bytes(text);
        let level = if same { Level::Note } else { RULE.level };
        let message = format!("`{}` of {} is set twice", words::name(quirk.key), guest.display_name());
        let finding = guest
            .finding_in(quirk.place, quirk.key, quirk.span, message)
            .label("this one has no effect")
            .secondary(guest.at(by), "the last one takes precedence")
            .consequence(format!(
                "PVE silently uses the last line, and its next change of the {} deletes the first.",
                guest.kind()
            ))
            .edit(guest.remove_line(quirk.span));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
