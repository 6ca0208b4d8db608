//! A container that is locked.

use super::{Ct, display_name, finding_in_main, pct};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let Some(lock) = main.get("lock").filter(|lock| lock.is_true()) else { return };
    let name = words::name(&lock.value);
    let known = lock.known.is_some_and(|option| option.property.values.contains(&name.as_str()));
    let finding = finding_in_main(guest, b"lock", lock.span, format!("{} is locked (`{name}`)", display_name(guest)));
    let finding = if !known {
        finding
            .at_level(Level::Warning)
            .label("no task of PVE sets this lock")
            .consequence(format!("Every start and change is refused: `CT is locked ({name})`."))
            .fix_command(pct(guest, "unlock"))
    } else if name == "mounted" {
        finding
            .consequence(
                "Its volumes are mounted on the node since `pct mount`; changes are refused: `CT is locked (mounted)`.",
            )
            .fix_command(pct(guest, "unmount"))
    } else {
        finding
            .consequence(format!(
                "Every start and change is refused: `CT is locked ({name})`. That is right while the task runs."
            ))
            .fix_command_when(pct(guest, "unlock"), "when no task of this container is running any more")
    };
    sink.push(finding.discriminator(name));
}
