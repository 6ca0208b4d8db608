//! UEFI firmware without a disk for its variables.

use super::{VmGuest, storage_of_disks, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let confidential = main.get("amd-sev").is_some() || main.get("intel-tdx").is_some();
    let Some(bios) = main.get("bios").filter(|bios| &*bios.value == b"ovmf" && !confidential) else { return };
    if main.get("efidisk0").is_some() || was_dropped(guest, b"efidisk0") {
        return;
    }
    let finding = any
        .finding(b"efidisk0", bios.span, format!("{} has UEFI firmware but no EFI disk", any.display_name()))
        .consequence("PVE starts it with temporary EFI variables and warns: boot entries and Secure Boot keys are lost at each stop.");
    sink.push(match storage_of_disks(guest) {
        Some(storage) => finding.fix_command_when(
            any.set(b"efidisk0", [storage, b":1,efitype=4m"].concat()),
            "PVE chooses the size itself",
        ),
        None => finding.edit("add an EFI disk in the GUI: Hardware, Add, EFI Disk"),
    });
}
