//! Two sections of one name.

use super::{Ct, conf, found, line_number, rule, who};
use crate::finding::Level;
use crate::model::container::{Place, Why};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-section-twice", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for odd in &guest.config.odd {
        let Why::SectionReplaced(by) = odd.why else { continue };
        let name = match odd.place {
            Place::Snapshot(name) => format!("snapshot {}", words::name(name)),
            _ => "the section of pending changes".to_owned(),
        };
        let finding = found(guest, odd.place, b"", odd.span, format!("{name} of {} is there twice", who(guest)))
            .label("everything in this one is lost")
            .also(guest.at(by), "this one counts")
            .pve("PVE keeps the last section of a name. The first is gone without a word at the next change of the container.")
            .edit(format!("put what is needed of the section in line {} of {} into the other, and remove it", line_number(guest, odd.span), conf(guest)));
        sink.push(finding);
    }
}
