//! Two lines that became one.

use super::{Ct, conf, finding_in, level_for_section, line, line_number};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for quirk in config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::Glued) {
        let line = line(guest, quirk.span);
        let second = quirk.span.bytes(config.text);
        let first = line.strip_suffix(second).unwrap_or(line).trim_ascii_end();
        let message = format!("the value of {} runs into another line", words::name(quirk.key));
        let finding = finding_in(guest, quirk.place, quirk.key, quirk.span, message)
            .label("this should be a line of its own")
            .consequence(
                "The file had no line feed at its end when this was appended. Neither of the two settings works.",
            )
            .edit(format!(
                "split line {} of {} into `{}` and `{}`",
                line_number(guest, quirk.span),
                conf(guest),
                words::name(first),
                words::name(second)
            ));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
