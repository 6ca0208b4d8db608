//! Cloud-init options without a cloud-init drive.

use super::{VmGuest, has_dropped_drives, storage_of_disks};
use crate::finding::Level;
use crate::model::guest::Opt;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if guest.config.drives.iter().any(|drive| drive.file.value.contains_str("cloudinit")) || has_dropped_drives(guest) {
        return;
    }
    let is_cloudinit = |option: &&Opt<'_>| {
        matches!(
            option.key,
            b"ciuser"
                | b"cipassword"
                | b"sshkeys"
                | b"cicustom"
                | b"citype"
                | b"ciupgrade"
                | b"nameserver"
                | b"searchdomain"
        ) || option.family() == b"ipconfig"
    };
    let mut options: Vec<_> = main.options.iter().filter(is_cloudinit).collect();
    options.sort_by_key(|option| option.key_span.start);
    let Some((first, others)) = options.split_first() else { return };
    let mut finding = any
        .finding(b"", first.key_span, format!("{} has cloud-init options but no cloud-init drive", any.display_name()))
        .at_level(if guest.config.is_template() { Level::Note } else { RULE.level })
        .consequence("The options have no effect: the guest never sees them.");
    for other in others.iter().take(4) {
        finding = finding.secondary(guest.at(other.key_span), "");
    }
    let free = ["ide2", "ide0"].into_iter().find(|key| main.get(key).is_none());
    sink.push(match (storage_of_disks(guest), free) {
        (Some(storage), Some(key)) => finding.fix_command(any.set(key.as_bytes(), [storage, b":cloudinit"].concat())),
        _ => finding.edit("add the drive in the GUI: Hardware, Add, CloudInit Drive"),
    });
}
