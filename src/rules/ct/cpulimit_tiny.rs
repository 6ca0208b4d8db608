//! A CPU limit below what the kernel can keep.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(limit) = guest.config.main.get("cpulimit").filter(|limit| limit.valid) else { return };
    let value = limit.number_value();
    if value <= 0.0 || value >= 0.01 {
        return;
    }
    let finding = finding_in_main(
        guest,
        b"cpulimit",
        limit.span,
        format!("the CPU limit of {} is too small", display_name(guest)),
    )
    .label("at least 0.01, or 0 for no limit")
    .consequence("The kernel's minimum is one millisecond of every 100: the container doesn't start.")
    .fix_command_when(set(guest, b"cpulimit", "0"), "no limit")
    .fix_command_when(set(guest, b"cpulimit", "1"), "at most one CPU");
    sink.push(finding);
}
