//! A network interface that PVE can't read.

use super::{Ct, edit_props, placed, refused, refused_props, rule, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-net-syntax", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, problem) in refused(guest, &["net"]) {
        let message = format!("PVE can't read {} of {}", words::name(odd.key), who(guest));
        let finding = refused_props(guest, odd, problem, message)
            .pve("One bad part makes the whole line unreadable, and the container doesn't start.");
        sink.push(placed(edit_props(finding, guest, odd), RULE.level, odd.place));
    }
}
