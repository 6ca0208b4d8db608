//! A feature that needs UEFI firmware.

use super::{VmGuest, value};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if value(main, "bios") == b"ovmf" {
        return;
    }
    for option in ["amd-sev", "intel-tdx"].into_iter().filter_map(|key| main.get(key)) {
        let finding = any
            .finding(
                option.key,
                option.span,
                format!("`{}` of {} needs UEFI firmware", words::name(option.key), any.display_name()),
            )
            .label("only with bios: ovmf")
            .consequence("The VM doesn't start.")
            .fix_command_when(any.set(b"bios", "ovmf"), "when the guest can boot with UEFI")
            .fix_command_when(any.delete(option.key), "to do without it");
        sink.push(finding);
    }
}
