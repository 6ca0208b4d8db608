//! A template that should start at boot.

use super::{Ct, in_main, is_true, rule, set, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-template-onboot", Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    if !is_true(main, "template") || !is_true(main, "onboot") {
        return;
    }
    let Some(onboot) = main.get("onboot") else { return };
    let finding = in_main(guest, b"onboot", onboot.span, format!("{} is a template and never starts", who(guest)))
        .pve("PVE skips templates when it starts guests at boot.")
        .mend(set(guest, b"onboot", "0"));
    sink.push(finding);
}
