//! A USB device beyond what the machine can have.

use super::{VmGuest, machine, numbered, value, version, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let system_can =
        matches!(value(main, "ostype"), b"l26" | b"win8" | b"win10" | b"win11") || was_dropped(guest, b"ostype");
    let machine_can = version(machine(main)).is_none_or(|version| version >= (7, 1));
    if system_can && machine_can {
        return;
    }
    let why =
        if system_can { "only from machine version 7.1 on" } else { "only with ostype l26 or Windows 8 and later" };
    for (number, option) in numbered(main, "usb").filter(|(number, _)| *number >= 5) {
        let finding = any
            .finding(option.key, option.span, format!("{} can't have `{}`", any.display_name(), words::name(option.key)))
            .label(why)
            .consequence(format!(
                "The VM doesn't start: `using usb{number} is only possible with machine type >= 7.1 and ostype l26 or windows > 7`."
            ));
        let free = (0..5).map(|number| format!("usb{number}")).find(|key| main.get(key).is_none());
        sink.push(match free {
            Some(free) => finding.fix_commands(
                [any.delete(option.key), any.set(free.as_bytes(), option.span.bytes(guest.config.text))],
                "a number that every machine has",
            ),
            None => finding
                .edit(format!("correct the system or the machine of the VM, or remove {}", any.line(option.span))),
        });
    }
}
