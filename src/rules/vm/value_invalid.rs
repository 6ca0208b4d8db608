//! A value that PVE refuses.

use super::{VmGuest, drive, edit, invalid, refused, split_index};
use crate::finding::Level;
use crate::model::guest::Place;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for (quirk, problem) in invalid(guest) {
        let family = split_index(quirk.key).0;
        if quirk.key == b"cdrom"
            || family == b"net"
            || drive::is_drive(family)
            || matches!(quirk.key, b"fleecing-images" | b"tags")
        {
            continue;
        }
        let (key, written) = (words::name(quirk.key), quirk.span.bytes(guest.config.text));
        let message = format!("PVE refuses `{key}` of {} and ignores it", any.display_name());
        let mut finding = refused(guest, quirk, problem, message).discriminator(words::name(&problem.text));
        if quirk.key == b"memory" && written.last().is_some_and(u8::is_ascii_alphabetic) {
            finding = finding.consequence("Memory is a number of MiB, without a unit.");
        }
        finding = match (quirk.place, any.main().get(&key)) {
            (Place::Main, Some(kept)) => finding.secondary(guest.at(kept.span), "PVE uses this line"),
            (Place::Main, None) => match default(family) {
                Some(default) => finding.consequence(format!("The VM runs with {default}.")),
                None => finding,
            },
            _ => finding,
        };
        finding =
            finding.consequence("PVE warns `unable to parse value`, and its next change of the VM deletes the line.");
        let finding = match (quirk.key, in_mib(written)) {
            (b"memory", Some(mib)) => finding.edit(any.write_as(quirk.span, format!("memory: {mib}"))),
            _ => edit(finding, guest, quirk),
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}

/// What the VM has in place of an option that is gone.
fn default(family: &[u8]) -> Option<&'static str> {
    Some(match family {
        b"memory" => "512 MiB",
        b"cpu" => "the CPU model kvm64",
        b"cores" | b"sockets" => "1",
        b"machine" => "the latest i440fx machine",
        b"hostpci" | b"usb" | b"virtiofs" => "the device missing",
        b"boot" => "the default order of boot devices",
        b"agent" => "the guest agent off",
        b"vga" => "a standard VGA",
        b"name" => "no name",
        _ => return None,
    })
}

/// `4G`, `4 GB` and `4096M` in MiB.
fn in_mib(written: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(written).ok()?;
    let (number, unit) = text.split_at_checked(text.find(|c: char| !c.is_ascii_digit())?)?;
    let factor = match unit.trim().to_ascii_uppercase().as_str() {
        "M" | "MB" | "MIB" => 1,
        "G" | "GB" | "GIB" => 1024,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor).filter(|mib| *mib >= 16)
}
