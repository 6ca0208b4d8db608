//! Which directories are trees, by what is in them.

use std::path::Path;

use super::join;
use crate::source::files::{FILES, FileKind, is_host_file};
use crate::source::guess::may_be_guest;
use crate::source::kind::Unrecognised;
use crate::source::read::{self, Item, ItemKind};

/// What a directory looks like.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `/etc/pve`, a copy or a part of it.
    Pve {
        /// Its own path below `/etc/pve`; empty for all of it.
        part: String,
        /// Only names that others use too speak for it.
        weak: bool,
    },
    /// A copy of `/etc`.
    Etc,
    /// A system root, with `etc/` in it.
    SystemRoot,
}

/// Whether a directory is a tree, and of which shape. Its own name and those of the directories in it are never enough.
pub(super) fn detect(dir: &Path, items: &[Item], is_input: bool) -> Option<Shape> {
    let has = |name: &str, kind| items.iter().any(|item| item.is(name, kind));
    let has_dir = |name| has(name, ItemKind::Dir);
    let any_file = |names: &[&str]| {
        items.iter().any(|item| item.kind != ItemKind::Dir && names.iter().any(|name| item.name == *name))
    };
    let whole = |weak| Some(Shape::Pve { part: String::new(), weak });
    if is_certain(items) || (has_dir("nodes") && has_nodes(&dir.join("nodes"))) {
        return whole(false);
    }
    // A directory of this name stands where PVE has the file, which is then missing.
    if has_dir("user.cfg") || has_dir("storage.cfg") {
        return whole(false);
    }
    let is_etc = dir.file_name().is_some_and(|name| name == "etc");
    if has_dir("pve") || has("pve", ItemKind::Link) {
        let is_host = |item: &Item| item.kind != ItemKind::Dir && item.name.to_str().is_some_and(is_host_file);
        let beside = items.iter().any(is_host) || has_dir("network");
        if is_etc || beside {
            return Some(Shape::Etc);
        }
    }
    if has_dir("etc") && ["etc/pve", "etc/subuid", "etc/passwd"].iter().any(|path| dir.join(path).exists()) {
        return Some(Shape::SystemRoot);
    }
    if is_input && let Some(part) = part_of_tree(dir, items) {
        return Some(Shape::Pve { part, weak: true });
    }
    let guests = ["lxc", "qemu-server", "openvz"];
    let has_guests = |name: &&str| {
        let below = dir.join(name);
        let is_guest = |item: &Item| item.name.to_str().is_some_and(|file| is_guest_in(name, file));
        read::list(&below, PEEK).is_ok_and(|(below, _)| below.iter().any(is_guest))
    };
    let is_sign = |item: &Item| match (item.kind, item.name.to_str()) {
        (ItemKind::File, Some(name)) => {
            let kind = FileKind::from_path(name).kind;
            kind == FileKind::Unrecognised(Unrecognised::GuestElsewhere)
                || (kind.is_config() && !kind.is_host() && !node_has_it_too(kind))
        }
        (ItemKind::Dir, Some("local")) => guests.iter().any(|name| has_guests(&&*format!("local/{name}"))),
        (ItemKind::Dir, Some("priv")) => true,
        _ => false,
    };
    if items.iter().any(is_sign) || guests.iter().filter(|name| has_dir(name)).any(has_guests) {
        return whole(true);
    }
    if any_file(&["subuid", "subgid"]) {
        // `/etc` of a node that nobody copied `pve/` from.
        return Some(Shape::Etc);
    }
    let maybe = |item: &Item| {
        let name = item.name.to_str().filter(|name| !name.starts_with('.'));
        item.kind == ItemKind::File && name.is_some_and(may_be_guest) && !is_etc
    };
    items.iter().any(maybe).then_some(Shape::Pve { part: String::new(), weak: true })
}

/// So many entries of a directory below are looked at to tell what it is.
const PEEK: usize = 10_000;

/// Whether a directory with these entries has a file that nobody but PVE has.
pub(super) fn is_certain(items: &[Item]) -> bool {
    let is_file = |item: &&Item| item.kind != ItemKind::Dir;
    let is_certain = |spec: &&crate::source::FileSpec| spec.certain;
    let names = || FILES.iter().filter(is_certain).flat_map(|spec| spec.paths);
    items.iter().filter(is_file).any(|item| names().any(|name| item.name == *name))
}

/// Whether a `nodes/` holds directories of nodes, and not those of some other program.
fn has_nodes(nodes: &Path) -> bool {
    let Ok((nodes_in, _)) = read::list(nodes, 64) else { return true };
    nodes_in.iter().filter(|item| item.kind == ItemKind::Dir).any(|node| {
        let Ok((items, _)) = read::list(&nodes.join(&node.name), 256) else { return true };
        items.iter().any(|item| match (item.kind, item.name.to_str()) {
            (ItemKind::Dir, Some(name)) => ["lxc", "qemu-server", "openvz", "priv"].contains(&name),
            (ItemKind::File, Some(name)) => {
                let path = format!("nodes/n/{name}");
                !matches!(FileKind::from_path(&path).kind, FileKind::Unrecognised(_) | FileKind::Ignored(_))
            }
            _ => false,
        })
    })
}

/// Whether a file of this name, in a directory of guests, may be a guest's.
fn is_guest_in(dir: &str, file: &str) -> bool {
    FileKind::from_path(&join(dir, file)).kind.is_config() || may_be_guest(file)
}

/// Whether a node has a file of this name outside `/etc/pve` too.
fn node_has_it_too(kind: FileKind) -> bool {
    matches!(kind, FileKind::VzdumpConf | FileKind::CorosyncConf | FileKind::CephConf)
}

/// Whether `dir` is a whole system, in which a copy of a configuration may lie anywhere and isn't what was meant.
pub(super) fn is_whole_system(dir: &Path, items: &[Item]) -> bool {
    let has = |name: &str| items.iter().any(|item| item.kind != ItemKind::File && item.name == *name);
    has("var") && ((has("usr") && (has("bin") || has("sbin"))) || dir.join("var/lib/dpkg").is_dir())
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

/// Whether PVE has a directory at this path below `/etc/pve`; `rel` has at least one part.
pub(super) fn is_pves_own(rel: &str) -> bool {
    let mut parts = rel.split('/');
    match (parts.next().unwrap_or_default(), parts.next(), parts.next(), parts.next()) {
        ("nodes", None | Some(_), None, None) => true,
        ("nodes", Some(_), Some(dir), deeper) => is_of_node(dir, deeper),
        ("local", dir, deeper, _) => dir.is_none_or(|dir| is_of_node(dir, deeper)),
        ("lxc" | "qemu-server" | "openvz" | "ha" | "firewall" | "mapping" | "virtual-guest", None, ..) => true,
        ("sdn", None | Some("fabrics" | "firewall" | "zones"), None, None) => true,
        ("priv" | "notification-templates", ..) => true,
        _ => false,
    }
}

/// Whether a node has such a directory.
fn is_of_node(dir: &str, deeper: Option<&str>) -> bool {
    dir == "priv" || (matches!(dir, "lxc" | "qemu-server" | "openvz") && deeper.is_none())
}
