//! A tag with characters that tags can't have.

use super::{AnyGuest, level_for_section};
use crate::finding::Level;
use crate::model::guest::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Warning, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    for quirk in guest.quirks().iter().filter(|quirk| quirk.key == b"tags") {
        let QuirkKind::Invalid(problem) = &quirk.why else { continue };
        let tag = words::name(problem.span.bytes(guest.text()));
        let what = match guest {
            AnyGuest::Container(_) => "and refuses every change of the tags that keeps it",
            AnyGuest::Vm(_) => "ignores the tags, and its next change of the VM deletes the line",
        };
        let finding = guest
            .finding_in(quirk.place, quirk.key, problem.span, format!("`{tag}` can't be a tag"))
            .label("letters, digits, _ + . and -, not - at the beginning")
            .discriminator(tag)
            .consequence(format!("PVE warns `invalid characters in tag` at every read, {what}."))
            .edit(format!("correct the tags in {}", guest.line(quirk.span)));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
