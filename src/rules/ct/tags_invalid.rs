//! A tag with characters that tags can't have.

use super::{Ct, conf, found, line_number, placed, refused, rule};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-tags-invalid", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["tags"]) {
        let tag = words::name(problem.span.bytes(guest.config.text));
        let finding = found(guest, odd.place, odd.key, problem.span, format!("{tag} can't be a tag"))
            .label("letters, digits, _ + . and -, not - at the beginning")
            .about(tag)
            .pve("PVE warns `invalid characters in tag` at every read; every change of the tags is refused while it is there.")
            .edit(format!("correct the tags in line {} of {}", line_number(guest, odd.span), conf(guest)));
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
