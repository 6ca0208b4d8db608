//! A directory of the node's own system inside a container.

use super::{Ct, conf, display_name, finding_in_main, has_map, line_number, mount_path, mounts};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

/// Directories that a container should not have, even without what is below them.
const THEMSELVES: [&[u8]; 13] = [
    b"",
    b"/bin",
    b"/boot",
    b"/etc",
    b"/lib",
    b"/root",
    b"/run",
    b"/sbin",
    b"/usr",
    b"/var",
    b"/var/lib",
    b"/var/lib/vz",
    b"/var/run",
];

/// Directories of which a container should not have any part.
const WHOLLY: [&[u8]; 5] = [b"/etc/pve", b"/proc", b"/sys", b"/var/lib/lxc", b"/var/lib/pve-cluster"];

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in mounts(guest) {
        let Some(source) = props.get("volume").filter(|source| VolumeKind::of(source.value) == VolumeKind::Bind) else {
            continue;
        };
        let path = mount_path(source.value);
        let below = |top: &[u8]| path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
        if !THEMSELVES.contains(&&path[..]) && !WHOLLY.iter().any(|top| below(top)) {
            continue;
        }
        let key = option.key;
        let read_only = props.flag("ro");
        let name = words::name(source.value);
        let what = if has_map(&guest.config) {
            "Users of the container can read whatever its ids can read there; that makes an escape from the container easier."
        } else {
            "root in this container is root on the node, so it can take over the node through this directory."
        };
        let finding = finding_in_main(
            guest,
            key,
            source.span,
            format!("`{}` of {} gives the container `{name}` of the node", words::name(key), display_name(guest)),
        )
        .at_level(if read_only { Level::Note } else { RULE.level })
        .discriminator(name)
        .consequence(what)
        .edit(format!(
            "share a directory made for it, not a part of the node's system: line {} of {}",
            line_number(guest, source.span),
            conf(guest)
        ));
        sink.push(finding);
    }
}
