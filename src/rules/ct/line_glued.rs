//! Two lines that became one.

use super::{Ct, conf, found, line, line_number, placed, rule};
use crate::finding::Level;
use crate::model::container::Why;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-line-glued", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for odd in config.odd.iter().filter(|odd| odd.why == Why::Glued) {
        let line = line(guest, odd.span);
        let second = odd.span.bytes(config.text);
        let first = line.strip_suffix(second).unwrap_or(line).trim_ascii_end();
        let message = format!("the value of {} runs into another line", words::name(odd.key));
        let finding = found(guest, odd.place, odd.key, odd.span, message)
            .label("this should be a line of its own")
            .pve("The file had no line feed at its end when this was appended. Neither of the two settings works.")
            .edit(format!(
                "split line {} of {} into `{}` and `{}`",
                line_number(guest, odd.span),
                conf(guest),
                words::name(first),
                words::name(second)
            ));
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
