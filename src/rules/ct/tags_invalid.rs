//! A tag with characters that tags can't have.

use super::{Ct, conf, finding_in, level_for_section, line_number, refused};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, problem) in refused(guest, &["tags"]) {
        let tag = words::name(problem.span.bytes(guest.config.text));
        let finding = finding_in(guest, quirk.place, quirk.key, problem.span, format!("`{tag}` can't be a tag"))
            .label("letters, digits, _ + . and -, not - at the beginning")
            .discriminator(tag)
            .consequence("PVE warns `invalid characters in tag` at every read, and refuses every change of the tags that keeps it.")
            .edit(format!("correct the tags in line {} of {}", line_number(guest, quirk.span), conf(guest)));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
