//! A boot order that names a device the VM doesn't have.

use super::{VmGuest, was_dropped};
use crate::finding::Finding;
use crate::finding::Level;
use crate::model::guest::Opt;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(boot) = main.get("boot") else { return legacy(guest, any, sink) };
    let Some(order) = boot.props.as_ref().and_then(|props| props.get("order")) else { return legacy(guest, any, sink) };
    let names = order.value.split(|&b| matches!(b, b';' | b' ' | b',')).filter(|name| !name.is_empty());
    let named: Vec<&[u8]> = names.take(MOST).collect();
    let is_there = |name: &[u8]| name.to_str().is_ok_and(|name| main.get(name).is_some());
    let missing: Vec<&[u8]> =
        named.iter().copied().filter(|name| !is_there(name) && !was_dropped(guest, name)).collect();
    let Some(first) = missing.first() else { return };
    let mut kept: Vec<&[u8]> = named.iter().copied().filter(|name| is_there(name)).collect();
    let nothing_left = kept.is_empty();
    // A network alone isn't what was meant where there is a disk.
    let is_disk = |name: &&[u8]| main.options.iter().any(|option| option.key == *name && is_bootable(option));
    if !kept.iter().any(is_disk)
        && let Some(disk) = main.options.iter().find(|option| is_bootable(option))
    {
        kept.insert(0, disk.key);
    }
    let names: Vec<_> = missing.iter().map(|name| format!("`{}`", words::name(name))).collect();
    let finding = any
        .finding(
            b"boot",
            Span::of(guest.config.text, first),
            format!("{} has no {} to boot from", any.display_name(), words::list(&names, 4)),
        )
        .discriminator(words::list(&names, 8))
        .consequence(match nothing_left {
            true => "No device of the order is there: the VM doesn't boot.",
            false => "PVE skips it, and refuses changes of the order while it is there.",
        });
    sink.push(match kept.is_empty() {
        false => finding.fix_command(any.set(b"boot", [&b"order="[..], &bstr::join(";", kept)].concat())),
        true => finding.edit(format!("name the device to boot from in {}", any.line(boot.span))),
    });
}

/// More devices than any VM has.
const MOST: usize = 100;

/// `bootdisk`, which counts where no order is given.
fn legacy(guest: &VmGuest<'_>, any: AnyGuest<'_, '_>, sink: &mut Sink) {
    let main = any.main();
    let Some(disk) = main.get("bootdisk") else { return };
    let name = words::name(&disk.value);
    if main.get(&name).is_some() || was_dropped(guest, &disk.value) {
        return;
    }
    let finding: Finding = any
        .finding(b"bootdisk", disk.span, format!("{} has no `{name}` to boot from", any.display_name()))
        .consequence("PVE skips it.");
    sink.push(match main.options.iter().find(|option| is_bootable(option)) {
        Some(disk) => finding.fix_command(any.set(b"boot", [b"order=", disk.key].concat())),
        None => finding.edit(any.remove_line(disk.span)),
    });
}

fn is_bootable(option: &Opt<'_>) -> bool {
    matches!(option.family(), b"scsi" | b"virtio" | b"sata" | b"ide")
        && option.number().is_some()
        && option.props.as_ref().is_some_and(|props| props.value("media") != Some(b"cdrom"))
}
