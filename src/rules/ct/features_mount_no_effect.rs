//! A file system that an unprivileged container can't mount, whatever its features.

use super::{Ct, display_name, finding_in_main, has_map};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

/// File systems that the kernel lets nobody mount in a user namespace.
const FORBIDDEN: [&[u8]; 11] =
    [b"btrfs", b"cifs", b"ext2", b"ext3", b"ext4", b"nfs", b"nfs4", b"ntfs3", b"smb3", b"vfat", b"xfs"];

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let Some(mount) =
        config.main.get("features").and_then(|features| features.props.as_ref()).and_then(|props| props.get("mount"))
    else {
        return;
    };
    if !has_map(config) {
        return;
    }
    let wanted = mount.value.split(|b| matches!(b, b';' | b' '));
    let names: Vec<_> = wanted.filter(|name| FORBIDDEN.contains(name)).map(words::name).collect();
    if names.is_empty() {
        return;
    }
    let finding = finding_in_main(
        guest,
        b"features",
        mount.key_span.join(mount.span),
        format!("{} can't mount {}", display_name(guest), words::list(&names, 4)),
    )
    .label("this only makes AppArmor allow it")
    .consequence("The kernel doesn't let unprivileged containers mount such a file system: `Operation not permitted`.")
    .edit(format!(
        "mount it on the node, and bind the directory into {}: pct set --mp0 with the directory",
        display_name(guest)
    ));
    sink.push(finding);
}
