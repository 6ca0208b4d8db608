//! A snapshot that was never finished.

use super::AnyGuest;
use crate::finding::Level;
use crate::model::guest::Place;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Warning, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    for snapshot in guest.snapshots() {
        let (Some(state), Place::Snapshot(name)) = (snapshot.get("snapstate"), snapshot.place) else { continue };
        // Something stands in front of it: that line is found as such.
        if state.key_span.end > state.span.start {
            continue;
        }
        let name = words::name(name);
        let what = if &*state.value == b"delete" { "deleting" } else { "creating" };
        // With a lock on the guest the task may be running right now.
        let level = if guest.main().get("lock").is_some() { Level::Note } else { RULE.level };
        let message = format!("{what} snapshot `{name}` of {} didn't finish", guest.display_name());
        let finding = guest
            .finding_in(snapshot.place, b"", state.span, message)
            .at_level(level)
            .consequence(format!(
                "A rollback is refused: `unable to rollback to incomplete snapshot (snapstate = {})`.",
                words::name(&state.value)
            ))
            .fix_command_when(
                guest.command("delsnapshot").arg(&name).words("--force"),
                "when no task of this guest is running",
            );
        sink.push(finding);
    }
}
