//! Windows 11 without what it asks for.

use super::{VmGuest, part, value, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(system) = main.get("ostype").filter(|system| &*system.value == b"win11") else { return };
    let tpm = part(main, "tpmstate0", "version") == Some(b"v2.0") || was_dropped(guest, b"tpmstate0");
    let uefi = value(main, "bios") == b"ovmf";
    let lacks = match (uefi, tpm) {
        (true, true) => return,
        (true, false) => "TPM 2.0",
        (false, true) => "UEFI",
        (false, false) => "UEFI and TPM 2.0",
    };
    let finding = any
        .finding(b"ostype", system.span, format!("{} is for Windows 11 but has no {lacks}", any.display_name()))
        .consequence("The installer of Windows 11 refuses the machine.")
        .edit("add what is missing in the GUI: Hardware, Add");
    sink.push(finding);
}
