//! An option with the name of one of PVE's own structures.

use super::{Ct, display_name, finding_in, remove_line};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in guest.config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::Reserved) {
        let key = words::name(quirk.key);
        let finding = finding_in(guest, quirk.place, quirk.key, quirk.span, format!("PVE can't use {} because of the line `{key}`", display_name(guest)))
            .label("PVE uses this name internally")
            .consequence("The line overwrites what PVE keeps under that name. Commands die with `Can't use string (...) as a HASH ref`, or write a broken file.")
            .edit(remove_line(guest, quirk.span));
        sink.push(finding);
    }
}
