//! PCI Express without a chipset that has it.

use super::{VmGuest, is_pc, is_q35, numbered, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if is_q35(main) || !is_pc(main) || was_dropped(guest, b"machine") {
        return;
    }
    for (_, option) in numbered(main, "hostpci") {
        let pcie = option.props.as_ref().and_then(|props| props.get("pcie")).filter(|pcie| pcie.is_true());
        let Some(pcie) = pcie else { continue };
        let finding = any
            .finding(
                option.key,
                pcie.span,
                format!("`{}` of {} needs a Q35 machine", words::name(option.key), any.display_name()),
            )
            .consequence("The VM doesn't start: `q35 machine model is not enabled`.")
            .fix_command_when(any.set(option.key, any.without(option, &["pcie"])), "to pass it through as a PCI device")
            .edit("give the VM a Q35 machine in the GUI: Hardware, Machine; the guest then sees other hardware");
        sink.push(finding);
    }
}
