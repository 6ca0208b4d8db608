//! An option that PVE doesn't recognise because of the form of its line.

use super::{Ct, display_name, dropped, finding_in, is_option, level_for_section, write_as};
use crate::finding::Level;
use crate::model::container::{DropReason, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let line = dropped.span.bytes(guest.config.text).trim_ascii();
        let (key, label) = match dropped.why {
            DropReason::Unparsable(Shape::Indented) if line.starts_with(b"#") => {
                let finding = finding_in(
                    guest,
                    dropped.place,
                    b"",
                    dropped.span,
                    "PVE ignores this comment: # isn't at the start of the line",
                )
                .discriminator(words::name(line))
                .consequence(
                    "PVE warns `unable to parse config`, and its next change of the container deletes the line.",
                )
                .edit(write_as(guest, dropped.span, line));
                sink.push(level_for_section(finding, Level::Warning, dropped.place));
                continue;
            }
            DropReason::Unparsable(Shape::Indented) => (None, "a line can't begin with blanks"),
            DropReason::Unparsable(Shape::UpperCase(key)) if is_option(key) => (Some(key), "options are lower case"),
            DropReason::Unparsable(Shape::Equals(key)) if is_option(key) => {
                (Some(key), "an option needs a colon, not =")
            }
            DropReason::Unparsable(Shape::BlankBeforeColon(key)) if is_option(key) => {
                (Some(key), "no blank before the colon")
            }
            _ => continue,
        };
        let right = match key {
            None => line.to_vec(),
            Some(key) => {
                let value = line.get(key.len()..).unwrap_or_default().trim_ascii_start();
                let value = value.get(1..).unwrap_or_default().trim_ascii_start();
                [&key.to_ascii_lowercase(), &b": "[..], value].concat()
            }
        };
        let name = right.split(|&b| b == b':').next().unwrap_or_default();
        let message = format!("PVE doesn't accept `{}` of {}", words::name(name), display_name(guest));
        let finding = finding_in(guest, dropped.place, name, dropped.span, message)
            .label(label)
            .discriminator(words::name(line))
            .consequence("PVE warns `unable to parse config`, ignores the setting, and its next change of the container deletes the line.")
            .edit(write_as(guest, dropped.span, right));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
