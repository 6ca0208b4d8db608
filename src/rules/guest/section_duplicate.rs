//! Two sections of one name.

use super::AnyGuest;
use crate::finding::Level;
use crate::model::guest::{Place, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Error, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    for quirk in guest.quirks() {
        let QuirkKind::SectionReplaced(by) = quirk.why else { continue };
        let name = match quirk.place {
            Place::Snapshot(name) => format!("snapshot `{}`", words::name(name)),
            Place::Special(name) => format!("the section `special:{}`", words::name(name)),
            Place::Main | Place::Pending => "the section of pending changes".to_owned(),
        };
        let message = format!("{name} of {} is there twice", guest.display_name());
        let finding = guest
            .finding_in(quirk.place, b"", quirk.span, message)
            .label("everything in this one is lost")
            .secondary(guest.at(by), "this one takes precedence")
            .consequence(format!(
                "PVE keeps the last section of a name, and silently deletes the first with its next change of the {}.",
                guest.kind()
            ))
            .edit(format!(
                "put what is needed of the section in {} into the other, and remove it",
                guest.line(quirk.span)
            ));
        sink.push(finding);
    }
}
