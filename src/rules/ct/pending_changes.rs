//! Changes that wait for the next start.

use super::{Ct, display_name, finding_in, pct};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(pending) = guest.config.pending.as_ref().filter(|pending| !pending.options.is_empty()) else { return };
    let keys: Vec<_> = pending.options.iter().map(|option| words::name(option.key)).collect();
    let finding = finding_in(
        guest,
        pending.place,
        b"",
        pending.header,
        format!("{} has changes that wait for its next start", display_name(guest)),
    )
    .label(words::list(&keys, 6))
    .consequence("The running container goes on as before.")
    .fix_command_when(pct(guest, "reboot"), "to apply them now");
    sink.push(finding);
}
