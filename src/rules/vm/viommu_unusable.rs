//! A virtual IOMMU that the machine doesn't have.

use super::{VmGuest, is_pc, is_q35};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(machine) = main.get("machine") else { return };
    let Some(props) = &machine.props else { return };
    let (span, what, part) = match (props.get("viommu"), props.get("aw-bits")) {
        (Some(viommu), _) if viommu.value == b"intel" && !is_q35(main) && is_pc(main) => {
            (viommu.span, "has an Intel IOMMU and no Q35 machine", "viommu")
        }
        (None, Some(bits)) => (bits.span, "has address bits for an IOMMU and no IOMMU", "aw-bits"),
        _ => return,
    };
    let rest = any.without(machine, &[part, "aw-bits"]);
    let finding =
        any.finding(b"machine", span, format!("{} {what}", any.display_name())).consequence("The VM doesn't start.");
    sink.push(if rest.is_empty() {
        finding.fix_command(any.delete(b"machine"))
    } else {
        finding.fix_command(any.set(b"machine", rest))
    });
}
