//! A template that should start at boot.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let Some(onboot) = guest.main().get("onboot").filter(|onboot| onboot.is_true() && guest.is_on("template")) else {
        return;
    };
    let finding = guest
        .finding(b"onboot", onboot.span, format!("{} is a template and never starts", guest.display_name()))
        .consequence("PVE skips templates when it starts guests at boot.")
        .fix_command(guest.set(b"onboot", "0"));
    sink.push(finding);
}
