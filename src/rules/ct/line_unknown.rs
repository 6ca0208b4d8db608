//! A line of a container's config that is none of those PVE knows.

use super::{Ct, display_name, dropped, finding_in, is_option, level_for_section, option_names, remove_line};
use crate::finding::Level;
use crate::model::container::{DropReason, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let key = match dropped.why {
            DropReason::Unparsable(Shape::Other) => None,
            DropReason::Unparsable(Shape::BadKey(key)) => Some(key),
            // What isn't an option even when spelt right was never meant to be one.
            DropReason::Unparsable(Shape::UpperCase(key) | Shape::Equals(key) | Shape::BlankBeforeColon(key))
                if !is_option(key) =>
            {
                Some(key)
            }
            _ => continue,
        };
        let near = key.and_then(|key| words::did_you_mean(key, option_names()));
        let label = match (near, key) {
            (Some(near), _) => format!("did you mean `{near}`?"),
            (None, Some(key)) => format!("there is no option `{}`", words::name(key)),
            (None, None) => "neither an option nor a section nor a note".to_owned(),
        };
        let finding = finding_in(
            guest,
            dropped.place,
            b"",
            dropped.span,
            format!("{} has a line that PVE ignores", display_name(guest)),
        )
        .label(label)
        .discriminator(words::name(dropped.span.bytes(guest.config.text)))
        .consequence("PVE warns `unable to parse config`, and its next change of the container deletes the line.")
        .edit(format!("{}, or make it a note with # in front", remove_line(guest, dropped.span)));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
