//! A template that should start at boot.

use super::{Ct, display_name, finding_in_main, is_true, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    if !is_true(main, "template") || !is_true(main, "onboot") {
        return;
    }
    let Some(onboot) = main.get("onboot") else { return };
    let finding = finding_in_main(
        guest,
        b"onboot",
        onboot.span,
        format!("{} is a template and never starts", display_name(guest)),
    )
    .consequence("PVE skips templates when it starts guests at boot.")
    .fix_command(set(guest, b"onboot", "0"));
    sink.push(finding);
}
