//! An EFI disk without UEFI firmware.

use super::{VmGuest, is_pc, value};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(disk) = main.get("efidisk0").filter(|_| value(main, "bios") != b"ovmf" && is_pc(main)) else { return };
    let finding = any
        .finding(b"efidisk0", disk.span, format!("{} has an EFI disk but no UEFI firmware", any.display_name()))
        .consequence("Nothing reads the disk: the VM starts with SeaBIOS.")
        .fix_command_when(any.set(b"bios", "ovmf"), "if the guest was installed with UEFI")
        .fix_command_when(any.delete(b"efidisk0"), "otherwise: the disk is kept as an unused one");
    sink.push(finding);
}
