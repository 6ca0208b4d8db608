//! Which directories are trees, by what is in them.

use std::path::Path;

use super::{HOST_FILES, join};
use crate::source::Layout;
use crate::source::kind::{FileKind, Unrecognised};
use crate::source::read::{Item, ItemKind};

/// Whether a directory is a tree, of which shape, and for a part of `/etc/pve` which part. Being named `pve` is enough for a
/// directory without any sign.
pub(super) fn detect(dir: &Path, items: &[Item], is_input: bool) -> Option<(Layout, String)> {
    let has = |name: &str, kind| items.iter().any(|item| item.is(name, kind));
    let has_dir = |name| has(name, ItemKind::Dir);
    let any_file = |names: &[&str]| {
        items.iter().any(|item| item.kind != ItemKind::Dir && names.iter().any(|name| item.name == *name))
    };
    let here = Some((Layout::Pve, String::new()));
    let certain = [
        "user.cfg",
        "domains.cfg",
        "storage.cfg",
        "datacenter.cfg",
        "jobs.cfg",
        "replication.cfg",
        ".vmlist",
        ".members",
    ];
    if has_dir("nodes") || any_file(&certain) {
        return here;
    }
    let name = dir.file_name().unwrap_or_default();
    if has_dir("pve") || has("pve", ItemKind::Link) {
        let beside = any_file(&HOST_FILES) || any_file(&["vzdump.conf"]) || has_dir("network");
        if name == "etc" || beside {
            return Some((Layout::Etc, String::new()));
        }
    }
    if has_dir("etc") && ["etc/pve", "etc/subuid", "etc/passwd"].iter().any(|path| dir.join(path).exists()) {
        return Some((Layout::SystemRoot, String::new()));
    }
    if is_input && let Some(prefix) = part_of_tree(dir, items) {
        return Some((Layout::Pve, prefix));
    }
    let is_sign = |item: &Item| match (item.kind, item.name.to_str()) {
        (ItemKind::Dir | ItemKind::Link, Some(name)) => ["lxc", "qemu-server", "openvz"].contains(&name),
        (ItemKind::File, Some(name)) => {
            let kind = FileKind::from_path(name).kind;
            kind == FileKind::Unrecognised(Unrecognised::GuestElsewhere)
                || (kind.is_config() && !kind.is_host() && !node_has_it_too(kind))
        }
        _ => false,
    };
    if name == "pve" || items.iter().any(is_sign) {
        return here;
    }
    // `/etc` of a node that nobody copied `pve/` from.
    any_file(&["subuid", "subgid"]).then(|| (Layout::Etc, String::new()))
}

/// Whether a node has a file of this name outside `/etc/pve` too.
fn node_has_it_too(kind: FileKind) -> bool {
    matches!(kind, FileKind::VzdumpConf | FileKind::CorosyncConf | FileKind::CephConf)
}

/// For a directory inside an `/etc/pve` that was given on its own: its path in there.
fn part_of_tree(dir: &Path, items: &[Item]) -> Option<String> {
    let path = dir.to_str()?;
    let tails = path.match_indices('/').map(|(at, _)| at + 1).filter_map(|at| path.get(at..));
    let tails: Vec<&str> = tails.filter(|tail| tail.split('/').count() <= 3).collect();
    let fits = |prefix: &str| {
        items.iter().any(|item| {
            let rel = join(prefix, &item.name.to_string_lossy());
            match item.kind {
                ItemKind::File => FileKind::from_path(&rel).kind.is_config(),
                ItemKind::Dir if prefix == "nodes" => {
                    let node = dir.join(&item.name);
                    ["lxc", "qemu-server"].iter().any(|guests| node.join(guests).is_dir())
                }
                ItemKind::Dir => FileKind::from_path(&join(&rel, "100.conf")).kind.is_config(),
                _ => false,
            }
        })
    };
    let names = ["nodes", "lxc", "qemu-server", "openvz", "firewall", "ha", "sdn", "mapping", "virtual-guest"];
    let is_name = |tail: &&&str| tail.split('/').next().is_some_and(|first| names.contains(&first));
    tails.iter().filter(is_name).find(|tail| fits(tail)).map(|&tail| tail.to_owned())
}
