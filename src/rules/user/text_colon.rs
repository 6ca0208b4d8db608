//! A colon inside a text: PVE reads what follows as the next field.

use super::Look;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::EntryType;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    for shift in look.lost.shifted() {
        let name = words::name(shift.name);
        let text = words::name(shift.fields.bytes(look.model.text));
        let (message, label, pve) = if shift.entry == EntryType::User {
            (
                format!("PVE reads part of a text of `{name}` as the second factor"),
                "a colon in the text before this ends that field",
                "PVE cuts the text there, reads this as the user's second factor, and ignores what follows.",
            )
        } else {
            (
                format!("PVE reads part of the comment of pool `{name}` as its guests"),
                "a colon in the comment before this shifts every field",
                "The pool gets neither its guests nor its storages, so permissions on it have no effect.",
            )
        };
        sink.push(
            Finding::new(format!("user.cfg: {} {name}", shift.entry), look.at(shift.fields), message)
                .label(label)
                .discriminator(text)
                .consequence(pve)
                .edit("write a colon inside a text as %3A"),
        );
    }
}
