//! An HA resource whose guest is not there, or is of the other kind.

use crate::cluster::{GuestRef, Input};
use crate::finding::{Command, Level};
use crate::rules::section::finding_in;
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::HaResources, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(file) = context.cluster.section_file("ha/resources.cfg") else { return };
    for resource in file.model.effective() {
        let id = words::name(resource.id.value.as_bytes());
        let Some((kind, vmid)) = id.split_once(':') else { continue };
        let Some(vmid) = vmid.parse().ok() else { continue };
        let said = match (context.cluster.guest(vmid), kind) {
            (Some(GuestRef::Container(_)), "ct") | (Some(GuestRef::Vm(_)), "vm") => continue,
            (Some(GuestRef::Container(_)), _) => format!("{vmid} is a container, not a VM"),
            (Some(GuestRef::Vm(_)), _) => format!("{vmid} is a VM, not a container"),
            (None, _) => format!("no node has guest {vmid}"),
        };
        sink.push(
            finding_in(file, Some(resource), resource.id.span, format!("HA resource `{id}` has no guest: {said}"))
                .consequence(
                    "The HA manager can't place it: the resource ends in state `error`, and nothing is started.",
                )
                .fix_command(Command::new("ha-manager remove").arg(&id)),
        );
    }
}
