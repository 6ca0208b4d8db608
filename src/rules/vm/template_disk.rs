//! A template whose disks aren't those of one.

use super::VmGuest;
use crate::finding::Level;
use crate::model::vm::Drive;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let Some(template) = any.main().get("template").filter(|_| guest.config.is_template()) else { return };
    let prefix = format!("vm-{}-disk-", guest.vmid_text());
    let is_plain = |drive: &&Drive<'_>| {
        let name = drive.volume().map_or(b"".as_slice(), |(_, name)| name);
        let last = name.rsplit(|&b| b == b'/').next().unwrap_or_default();
        !drive.is_cdrom && drive.family() != b"unused" && last.starts_with(prefix.as_bytes())
    };
    let Some(drive) = guest.config.drives.iter().find(is_plain) else { return };
    let finding = any
        .finding(
            drive.key,
            drive.file.span,
            format!("{} is a template, and `{}` isn't a base volume", any.display_name(), words::name(drive.key)),
        )
        .secondary(guest.at(template.span), "a template by this")
        .consequence("Linked clones fail.")
        .edit(format!("{}, then run qm template {}", any.remove_line(template.span), guest.vmid_text()));
    sink.push(finding);
}
