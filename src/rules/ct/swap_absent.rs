//! A container that has no swap because the option is absent.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let (Some(memory), None) = (main.get("memory"), main.get("swap")) else { return };
    let finding = finding_in_main(guest, b"swap", memory.key_span, format!("{} has no swap", display_name(guest)))
        .label("without the option swap there is none")
        .consequence("The GUI and the API create containers with 512 MiB of swap; without the option it is 0.")
        .fix_command_when(set(guest, b"swap", "0"), "to say that this is intended")
        .fix_command_when(set(guest, b"swap", "512"), "for what new containers have");
    sink.push(finding);
}
