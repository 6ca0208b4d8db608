//! Two sections of one name.

use super::{Ct, conf, display_name, finding_in, line_number};
use crate::finding::Level;
use crate::model::container::{Place, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in &guest.config.quirks {
        let QuirkKind::SectionReplaced(by) = quirk.why else { continue };
        let name = match quirk.place {
            Place::Snapshot(name) => format!("snapshot `{}`", words::name(name)),
            _ => "the section of pending changes".to_owned(),
        };
        let finding = finding_in(guest, quirk.place, b"", quirk.span, format!("{name} of {} is there twice", display_name(guest)))
            .label("everything in this one is lost")
            .secondary(guest.at(by), "this one takes precedence")
            .consequence("PVE keeps the last section of a name, and silently deletes the first with its next change of the container.")
            .edit(format!("put what is needed of the section in line {} of {} into the other, and remove it", line_number(guest, quirk.span), conf(guest)));
        sink.push(finding);
    }
}
