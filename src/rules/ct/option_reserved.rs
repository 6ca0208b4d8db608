//! An option with the name of one of PVE's own structures.

use super::{Ct, found, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::Why;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-option-reserved", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for odd in guest.config.odd.iter().filter(|odd| odd.why == Why::Reserved) {
        let key = words::name(odd.key);
        let finding = found(guest, odd.place, odd.key, odd.span, format!("PVE can't use {} because of the line {key}", who(guest)))
            .label("a name that PVE keeps for itself")
            .pve("The line overwrites what PVE keeps under that name. Commands die with `Can't use string (...) as a HASH ref`, or write a broken file.")
            .edit(remove_line(guest, odd.span));
        sink.push(finding);
    }
}
