//! A device handed over by a mount, which PVE could do itself.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::raw::MountEntry;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check).since(Release::Pve8);

/// Directories of devices, which an option dev can't hand over.
const DIRECTORIES: [&[u8]; 9] = [
    b"/dev/bus",
    b"/dev/bus/usb",
    b"/dev/dri",
    b"/dev/input",
    b"/dev/net",
    b"/dev/serial",
    b"/dev/shm",
    b"/dev/snd",
    b"/dev/dvb",
];

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let mut number = None;
    for raw in main.raw_values("lxc.mount.entry") {
        let Some(entry) = MountEntry::parse(raw.value).filter(|entry| entry.has("bind")) else { continue };
        let same = entry.source.strip_prefix(b"/") == Some(entry.target) && entry.target.starts_with(b"dev/");
        if !same || DIRECTORIES.contains(&entry.source) || entry.has("create=dir") {
            continue;
        }
        let source = words::name(entry.source);
        let number = *number.get_or_insert_with(|| {
            (0..256).find(|number| main.get(&format!("dev{number}")).is_none()).unwrap_or_default()
        });
        let finding = finding_in_main(guest, raw.key, raw.key_span, format!("`{source}` could be a device of {}", display_name(guest)))
            .discriminator(&source)
            .consequence("With an option `dev` PVE creates the device node itself, with its own owner and mode, and shows it in the GUI.")
            .edit(format!("instead of line {} of {}: dev{number} with the path {source}, and gid= for the group in the container that uses it", line_number(guest, raw.key_span), conf(guest)));
        sink.push(finding);
    }
}
