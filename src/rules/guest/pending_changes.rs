//! Changes that wait for the next start.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let Some(pending) = guest.pending().filter(|pending| !pending.options.is_empty()) else { return };
    let keys: Vec<_> = pending.options.iter().map(|option| words::name(option.key)).collect();
    let finding = guest
        .finding_in(
            pending.place,
            b"",
            pending.header,
            format!("{} has changes that wait for its next start", guest.display_name()),
        )
        .label(words::list(&keys, 6))
        .consequence(format!("The running {} goes on as before.", guest.kind()))
        .fix_command_when(guest.command("reboot"), "to apply them now");
    sink.push(finding);
}
