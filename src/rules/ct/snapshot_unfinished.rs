//! A snapshot that was never finished.

use super::{Ct, display_name, finding_in, pct};
use crate::finding::Level;
use crate::model::container::Place;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for snapshot in &config.snapshots {
        let (Some(state), Place::Snapshot(name)) = (snapshot.get("snapstate"), snapshot.place) else { continue };
        // Something stands in front of it: that line is found as such.
        if state.key_span.end > state.span.start {
            continue;
        }
        let name = words::name(name);
        let what = if &*state.value == b"delete" { "deleting" } else { "creating" };
        // With a lock on the container the task may be running right now.
        let level = if config.main.get("lock").is_some() { Level::Note } else { RULE.level };
        let finding = finding_in(
            guest,
            snapshot.place,
            b"",
            state.span,
            format!("{what} snapshot `{name}` of {} didn't finish", display_name(guest)),
        )
        .at_level(level)
        .consequence(format!(
            "A rollback is refused: `unable to rollback to incomplete snapshot (snapstate = {})`.",
            words::name(&state.value)
        ))
        .fix_command_when(
            pct(guest, "delsnapshot").arg(&name).words("--force"),
            "when no task of this container is running",
        );
        sink.push(finding);
    }
}
