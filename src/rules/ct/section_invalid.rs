//! A section header that PVE doesn't recognise.

use super::{Ct, conf, dropped, finding_in, line_number};
use crate::finding::Level;
use crate::model::container::{DropReason, Place};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let DropReason::BadHeader { swallowed } = dropped.why else { continue };
        let header = words::name(dropped.span.bytes(guest.config.text).trim_ascii());
        let into = match dropped.place {
            Place::Main => "what the container runs with".to_owned(),
            Place::Pending => "the pending changes".to_owned(),
            Place::Snapshot(name) | Place::Special(name) => format!("snapshot `{}`", words::name(name)),
        };
        let label = match swallowed {
            0 => "no line follows".to_owned(),
            n => format!("the {} below go into {into}", words::count(n as usize, "line")),
        };
        let level = if dropped.place == Place::Main && swallowed > 0 { RULE.level } else { Level::Warning };
        let finding = finding_in(guest, dropped.place, b"", dropped.span, format!("PVE doesn't accept the section header `{header}`"))
            .label(label)
            .discriminator(header)
            .at_level(level)
            .consequence("PVE drops only the header. It reads the lines below it as part of the section before, and they override its values.")
            .edit(format!(
                "give the section in line {} of {} a name that begins with a letter and has at least two of a-z 0-9 _ -, or remove it with its lines",
                line_number(guest, dropped.span),
                conf(guest)
            ));
        sink.push(finding);
    }
}
