//! A guest that is locked.

use super::AnyGuest;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Note, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let Some(lock) = guest.main().get("lock").filter(|lock| lock.is_true()) else { return };
    let name = words::name(&lock.value);
    let known = lock.known.is_some_and(|option| option.property.values.contains(&name.as_str()));
    let says = match guest {
        AnyGuest::Container(_) => format!("CT is locked ({name})"),
        AnyGuest::Vm(_) => format!("VM is locked ({name})"),
    };
    let finding = guest.finding(b"lock", lock.span, format!("{} is locked (`{name}`)", guest.display_name()));
    let finding = if !known {
        finding
            .at_level(Level::Warning)
            .label("no task of PVE sets this lock")
            .consequence(format!("Every start and change is refused: `{says}`."))
            .fix_command(guest.command("unlock"))
    } else if name == "mounted" {
        finding
            .consequence(format!(
                "Its volumes are mounted on the node since `pct mount`; changes are refused: `{says}`."
            ))
            .fix_command(guest.command("unmount"))
    } else if matches!((guest, name.as_str()), (AnyGuest::Vm(_), "suspended")) {
        finding
            .consequence("It is hibernated: its memory is on a disk, and the next start goes on from there.")
            .fix_command_when(guest.command("resume"), "to wake it up")
    } else {
        finding
            .consequence(format!("Every start and change is refused: `{says}`. That is right while the task runs."))
            .fix_command_when(guest.command("unlock"), "when no task of this guest is running any more")
    };
    sink.push(finding.discriminator(name));
}
