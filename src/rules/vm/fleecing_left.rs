//! A fleecing image that a backup left behind.

use super::{VmGuest, value};
use crate::finding::Command;
use crate::finding::Level;
use crate::model::schema::format::list;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for section in &guest.config.special {
        let Some(images) = section.get("fleecing-images") else { continue };
        // While the backup runs they belong there.
        let level = if value(any.main(), "lock") == b"backup" { Level::Note } else { RULE.level };
        let finding = any
            .finding_in(
                section.place,
                images.key,
                images.span,
                format!("a backup of {} left fleecing images behind", any.display_name()),
            )
            .at_level(level)
            .consequence("They take space that nothing uses.");
        let commands = list(&images.value).map(|image| Command::new("pvesm free").arg(image));
        let then = format!("when no backup of the VM is running; then {}", any.remove_line(images.span));
        sink.push(finding.fix_commands(commands, &then));
    }
}
