//! Two lines for one option.

use super::{Ct, display_name, finding_in, level_for_section, remove_line};
use crate::finding::Level;
use crate::model::container::Dropped;
use crate::model::container::{DropReason, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let is_header = |dropped: &&Dropped<'_>| matches!(dropped.why, DropReason::BadHeader { .. });
    let mut headers: Option<Vec<u32>> = None;
    for quirk in &config.quirks {
        let QuirkKind::Overridden(by) = quirk.why else { continue };
        // Below a bad header stands another section's line; the header is what's wrong.
        let headers = headers
            .get_or_insert_with(|| config.dropped.iter().filter(is_header).map(|header| header.span.start).collect());
        let next = headers.get(headers.partition_point(|header| *header < quirk.span.start));
        if next.is_some_and(|header| *header < by.start) {
            continue;
        }
        let same = quirk.span.bytes(config.text) == by.bytes(config.text);
        let level = if same { Level::Note } else { RULE.level };
        let finding = finding_in(
            guest,
            quirk.place,
            quirk.key,
            quirk.span,
            format!("`{}` of {} is set twice", words::name(quirk.key), display_name(guest)),
        )
        .label("this one has no effect")
        .secondary(guest.at(by), "the last one takes precedence")
        .consequence("PVE silently uses the last line, and its next change of the container deletes the first.")
        .edit(remove_line(guest, quirk.span));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
