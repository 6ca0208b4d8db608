//! Two lines for one option.

use super::{Ct, found, placed, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::Dropped;
use crate::model::container::{Drop, Why};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-option-twice", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let is_header = |dropped: &&Dropped<'_>| matches!(dropped.why, Drop::BadHeader { .. });
    let mut headers: Option<Vec<u32>> = None;
    for odd in &config.odd {
        let Why::Overridden(by) = odd.why else { continue };
        // Below a bad header stands another section's line; the header is what's wrong.
        let headers = headers
            .get_or_insert_with(|| config.dropped.iter().filter(is_header).map(|header| header.span.start).collect());
        let next = headers.get(headers.partition_point(|header| *header < odd.span.start));
        if next.is_some_and(|header| *header < by.start) {
            continue;
        }
        let same = odd.span.bytes(config.text) == by.bytes(config.text);
        let level = if same { Level::Note } else { RULE.level };
        let finding = found(
            guest,
            odd.place,
            odd.key,
            odd.span,
            format!("{} of {} is set twice", words::name(odd.key), who(guest)),
        )
        .label("this one has no effect")
        .also(guest.at(by), "the last one counts")
        .pve("PVE takes the last line without a word, and its next change of the container deletes the first.")
        .edit(remove_line(guest, odd.span));
        sink.push(placed(finding, level, odd.place));
    }
}
