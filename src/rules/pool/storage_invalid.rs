//! A storage of a pool whose name can be none.

use super::swapped;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, Look, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let swapped = swapped(&look);
    each_dropped(context, sink, |look, dropped| {
        let Reason::PoolStorage { pool, storage } = dropped.reason else { return None };
        if swapped.contains(&dropped.line) {
            return None;
        }
        let (name, shown) = (words::name(pool), words::name(storage));
        let message = format!("pool `{name}` doesn't get {shown:?}: no storage can have that name");
        let finding = Finding::new(format!("user.cfg: pool {name}"), look.at(dropped.span), message)
            .discriminator(shown)
            .consequence(format!("Permissions on the pool don't reach that storage. {GONE}"));
        Some(if storage.iter().all(u8::is_ascii_digit) {
            finding.label("guests come one field further left").edit("put the number into the field in front of this")
        } else {
            finding
                .label(
                    "a letter first, a letter or digit last, only letters, digits, dots, dashes, underscores between",
                )
                .edit("write the storage's name as in storage.cfg, or remove it")
        })
    });
}
