//! A device with which a container can take over the node.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::raw::MountEntry;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let main = &guest.config.main;
    let devices = main.options.iter().filter(|option| option.key.starts_with(b"dev") && option.number().is_some());
    let paths = devices.filter_map(|option| Some((option.key, option.props.as_ref()?.get("path")?.value)));
    let mounts =
        main.raw_values("lxc.mount.entry").filter_map(|raw| Some((raw.key, MountEntry::parse(raw.value)?.source)));
    for (key, path) in paths.chain(mounts) {
        let Some(device) = path.strip_prefix(b"/dev/") else { continue };
        let (level, what) = match device {
            b"mem" | b"kmem" | b"port" => (RULE.level, "the memory of the node"),
            b"zfs" => (RULE.level, "all pools of the node"),
            b"kvm" | b"loop-control" => (Level::Note, "the kernel's code behind it"),
            _ if device.starts_with(b"vfio/") => (Level::Note, "hardware of the node, directly"),
            _ if is_disk(device) => (RULE.level, "a disk of the node, past its file system"),
            _ => continue,
        };
        let span = Span::of(guest.config.text, path);
        let name = words::name(path);
        let finding =
            finding_in_main(guest, key, span, format!("{} has access to `{name}` of the node", display_name(guest)))
                .label(what)
                .discriminator(name)
                .at_level(level)
                .consequence(
                    "Whoever can use this device in the container can read and change more than the container.",
                )
                .edit(format!(
                    "remove line {} of {}, unless the container is trusted like the node itself",
                    line_number(guest, span),
                    conf(guest)
                ));
        sink.push(finding);
    }
}

/// Whether it is a whole disk, a partition or a volume.
fn is_disk(device: &[u8]) -> bool {
    let sd = device.strip_prefix(b"sd").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_lowercase));
    let nvme = device.strip_prefix(b"nvme").is_some_and(|rest| rest.contains(&b'n'));
    sd || nvme || [&b"dm-"[..], b"mapper/", b"disk/"].iter().any(|start| device.starts_with(start))
}
