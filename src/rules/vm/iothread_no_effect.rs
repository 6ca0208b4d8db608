//! An I/O thread that isn't started.

use super::{VmGuest, numbered, value};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if value(main, "scsihw") == b"virtio-scsi-single" {
        return;
    }
    let with = numbered(main, "scsi").find_map(|(_, option)| {
        Some((option, option.props.as_ref()?.get("iothread").filter(|iothread| iothread.is_true())?))
    });
    let Some((option, iothread)) = with else { return };
    let finding = any
        .finding(
            option.key,
            iothread.span,
            format!("`iothread` of `{}` of {} has no effect", words::name(option.key), any.display_name()),
        )
        .consequence("PVE warns at each start, and starts the VM without the thread.")
        .fix_command_when(any.set(b"scsihw", "virtio-scsi-single"), "when the guest has VirtIO drivers");
    sink.push(finding);
}
