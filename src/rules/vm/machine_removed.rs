//! Machine versions that QEMU no longer has.

use bstr::ByteSlice;

use super::VmGuest;
use crate::finding::{Finding, Level};
use crate::model::guest::{Opt, Place, Section};
use crate::release::Release;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check).since(Release::Pve9);

/// The oldest version that PVE 9 has.
const OLDEST: (u32, u32) = (6, 0);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for section in guest.config.sections() {
        // What was saved with its memory goes on with the machine that it ran with.
        let saved = section.get("vmstate").and_then(|_| section.get("runningmachine"));
        if let Some(running) = saved.filter(|running| is_removed(running)) {
            sink.push(of_memory(any, section, running));
        } else if let Some(machine) = section.get("machine").filter(|machine| is_removed(machine)) {
            sink.push(of_machine(any, section, machine));
        }
    }
}

fn of_machine(any: AnyGuest<'_, '_>, section: &Section<'_>, machine: &Opt<'_>) -> Finding {
    let name = words::name(version(machine));
    let message = format!("machine `{name}` of {} is gone in PVE 9", any.display_name());
    let finding = any.finding_in(section.place, b"machine", machine.span, message).discriminator(name);
    match section.place {
        Place::Snapshot(snapshot) => finding
            .at_level(Level::Warning)
            .consequence("After a rollback the VM doesn't start: QEMU has no such machine.")
            .edit(format!(
                "delete snapshot `{}` if it isn't needed, or set another machine after the rollback",
                words::name(snapshot)
            )),
        _ => {
            let kind = if version(machine).contains_str("q35") {
                "q35"
            } else if version(machine).starts_with(b"virt") {
                "virt"
            } else {
                "pc"
            };
            let rest = any.without(machine, &["type"]);
            let value = if rest.is_empty() { kind.into() } else { [kind.as_bytes(), b",", &rest].concat() };
            finding
                .consequence("The VM doesn't start: QEMU has no such machine.")
                .fix_command_when(any.set(b"machine", value), "the latest version; Windows sees other hardware then")
        }
    }
}

fn of_memory(any: AnyGuest<'_, '_>, section: &Section<'_>, running: &Opt<'_>) -> Finding {
    let name = words::name(version(running));
    match section.place {
        Place::Snapshot(snapshot) => {
            let snapshot = words::name(snapshot);
            let message = format!(
                "snapshot `{snapshot}` of {} was made on machine `{name}`, which is gone in PVE 9",
                any.display_name()
            );
            any.finding_in(section.place, b"runningmachine", running.span, message)
                .at_level(Level::Warning)
                .discriminator(name)
                .consequence("Its memory can't be loaded: a rollback ends with a VM that doesn't start.")
                .fix_command_when(any.command("delsnapshot").arg(&snapshot), "if it isn't needed any more")
        }
        _ => any
            .finding_in(
                section.place,
                b"runningmachine",
                running.span,
                format!("{} was hibernated on machine `{name}`, which is gone in PVE 9", any.display_name()),
            )
            .discriminator(name)
            .consequence("It can't be resumed, and its memory is lost.")
            .edit("resume and shut down the VM before the upgrade"),
    }
}

/// The machine type as written.
fn version<'a>(option: &Opt<'a>) -> &'a [u8] {
    option.props.as_ref().and_then(|props| props.value("type")).unwrap_or_default()
}

fn is_removed(option: &Opt<'_>) -> bool {
    super::version(version(option)).is_some_and(|version| version < OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::vm::Vm;

    #[test]
    fn versions_below_six_are_gone() {
        for (text, gone) in [
            ("pc-i440fx-5.2+pve0", true),
            ("pc-q35-4.1", true),
            ("pc-1.3", true),
            ("pc-q35-6.0", false),
            ("pc-i440fx-10.0+pve1", false),
            ("q35", false),
            ("pc", false),
            ("pc-i440fx-5.1.pxe", true),
        ] {
            let config = format!("machine: {text}\n");
            let vm = Vm::parse(config.as_bytes(), 100, Release::Pve9);
            assert_eq!(vm.main.get("machine").is_some_and(is_removed), gone, "{text}");
        }
    }
}
