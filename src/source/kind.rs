//! What a file is, told by its path below `/etc/pve` (or `/etc`).
//!
//! Pure functions: nothing here touches a disk. The paths are those of pve-cluster (`status.c`, `PVE/Cluster.pm`) and of the
//! packages that own the files, and stand in `grammar/files.toml`.

use super::files::{FileKind, GUEST_DIRS, Variable, WILD, WILD_IN_NODE, fixed, fixed_in_node};

/// Why PVE doesn't see a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unrecognised {
    /// In a directory of guests, a VMID with something else than exactly `.conf` behind it: `100.conf.bak`, `200.CONF`.
    Suffix,
    /// In a directory of guests, a VMID written with a leading zero: `0100.conf`.
    LeadingZero,
    /// In a directory of guests, a number that doesn't fit 32 bits: `99999999999.conf`.
    VmidTooBig,
    /// In a directory of guests, a name that doesn't begin with a number: `web.conf`.
    NoVmid,
    /// Below `nodes/<node>` where `<node>` can't be a node's name (letters, digits, hyphens inside).
    NodeName,
    /// Named `<vmid>.conf`, but not directly in a directory of guests; or its text doesn't tell container from VM.
    GuestElsewhere,
    /// Any other path that isn't one of PVE's: `storage.cfg.save`, `mapping/dir.cfg`.
    Unknown,
    /// A hidden directory with files in it that only PVE has: `.proxmox/`.
    HiddenTree,
    /// A guest's by its text, whose vmid another guest of the tree has: a copy of it.
    SecondCopy,
    /// pmxcfs's own database, in which `/etc/pve` is kept: `config.db`.
    Database,
}

/// Why a file is left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ignored {
    /// `<name>.tmp.<pid>`: PVE writes files under such a name first.
    Temporary,
    /// `name~`, `.name.swp`, `#name#`: left by an editor.
    Editor,
    /// `priv/lock`.
    Lock,
    /// Any other name with a dot in front: `.git`.
    Hidden,
    /// `local/`, `lxc/`, `qemu-server/`, `openvz/` at the root, and what is in them, where `nodes/` has the same files.
    Alias,
    /// A symbolic link to something that is read under its own name.
    Link,
    /// A file of `/etc` in the input, when `--host-root` names another.
    OtherHost,
}

/// What [`FileKind::from_path`] reads off a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Classified<'p> {
    /// What the file is.
    pub kind: FileKind,
    /// The node it belongs to, as the path says.
    pub node: Option<&'p str>,
    /// The guest it belongs to: of guest configurations, guest firewalls, and of [`Unrecognised`] guests where it can be read.
    pub vmid: Option<u32>,
}

impl FileKind {
    /// What the file at `path` is: a path relative to `/etc/pve`, or for the node's own files to `/etc`, parted by `/`.
    ///
    /// Without `nodes/<node>/` in front, `lxc/100.conf`, `qemu-server/100.conf` and `local/lxc/100.conf` are guests of a node
    /// that isn't named.
    #[must_use]
    pub fn from_path(path: &str) -> Classified<'_> {
        let plain = |kind| Classified { kind, node: None, vmid: None };
        if let Some(kind) = fixed(path) {
            return plain(kind);
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        if let Some(ignored) = ignored_name(name) {
            return plain(Self::Ignored(ignored));
        }
        let mut parts = path.splitn(3, '/');
        let (first, second, third) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        match (first, second, third) {
            ("nodes", Some(node), Some(rest)) => {
                let found = in_node(rest);
                let kind = if is_node_name(node) { found.kind } else { Self::Unrecognised(Unrecognised::NodeName) };
                Classified { kind, node: Some(node), ..found }
            }
            ("local", Some(_), _) => in_node(path.split_once('/').map_or(path, |(_, rest)| rest)),
            (dir, Some(file), _) if guest_dir(dir).is_some() => {
                let file = path.split_once('/').map_or(file, |(_, rest)| rest);
                in_guests(file, guest_dir(dir).unwrap_or(Self::OutsideTree))
            }
            ("priv", Some("lock"), _) => plain(Self::Ignored(Ignored::Lock)),
            _ => wild(path, WILD).unwrap_or_else(|| elsewhere(path)),
        }
    }
}

/// The names that mean the same in every directory.
fn ignored_name(name: &str) -> Option<Ignored> {
    if let Some((front, pid)) = name.rsplit_once('.')
        && front.ends_with(".tmp")
        && !pid.is_empty()
        && pid.bytes().all(|b| b.is_ascii_digit())
    {
        return Some(Ignored::Temporary);
    }
    if name.ends_with('~') || (name.len() > 1 && name.starts_with('#') && name.ends_with('#')) {
        return Some(Ignored::Editor);
    }
    if !name.starts_with('.') {
        return None;
    }
    match name.rsplit_once(".sw") {
        Some((front, last)) if !front.is_empty() && last.chars().count() == 1 => Some(Ignored::Editor),
        _ => Some(Ignored::Hidden),
    }
}

/// `path` is relative to `nodes/<node>`.
fn in_node(path: &str) -> Classified<'static> {
    if let Some(kind) = fixed_in_node(path) {
        return Classified { kind, node: None, vmid: None };
    }
    match path.split_once('/') {
        Some(("priv", "lock")) => Classified { kind: FileKind::Ignored(Ignored::Lock), node: None, vmid: None },
        Some((dir, file)) if let Some(kind) = guest_dir(dir) => in_guests(file, kind),
        _ => wild(path, WILD_IN_NODE).unwrap_or_else(|| elsewhere(path)),
    }
}

/// Which guests a directory below `nodes/<node>` holds.
fn guest_dir(name: &str) -> Option<FileKind> {
    GUEST_DIRS.iter().find(|(dir, _)| *dir == name).map(|&(_, kind)| kind)
}

/// A path with a variable part.
fn wild(path: &str, patterns: &[(&str, Variable, &str, FileKind)]) -> Option<Classified<'static>> {
    patterns.iter().find_map(|&(front, variable, back, kind)| {
        let part = path.strip_prefix(front)?.strip_suffix(back).filter(|part| !part.is_empty())?;
        let plain = Classified { kind, node: None, vmid: None };
        match variable {
            Variable::Rest => Some(plain),
            Variable::Name => (!part.contains('/')).then_some(plain),
            Variable::Vmid => read_vmid(part).ok().map(|vmid| Classified { vmid: Some(vmid), ..plain }),
        }
    })
}

/// `file` is relative to a directory of guests of `kind`.
fn in_guests(file: &str, kind: FileKind) -> Classified<'static> {
    if file.contains('/') {
        return elsewhere(file);
    }
    let stray = |why, vmid| Classified { kind: FileKind::Unrecognised(why), node: None, vmid };
    let digits = file.bytes().take_while(u8::is_ascii_digit).count();
    let (number, suffix) = file.split_at_checked(digits).unwrap_or(("", file));
    match read_vmid(number) {
        Ok(vmid) if suffix == ".conf" => Classified { kind, node: None, vmid: Some(vmid) },
        Ok(vmid) => stray(Unrecognised::Suffix, Some(vmid)),
        Err(why) => stray(why, None),
    }
}

/// A VMID as pmxcfs reads it: decimal, no leading zero, 32 bits.
fn read_vmid(number: &str) -> Result<u32, Unrecognised> {
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        Err(Unrecognised::NoVmid)
    } else if number.starts_with('0') {
        Err(Unrecognised::LeadingZero)
    } else {
        number.parse().map_err(|_| Unrecognised::VmidTooBig)
    }
}

/// A path that isn't one of PVE's.
fn elsewhere(path: &str) -> Classified<'static> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.strip_suffix(".conf").map(read_vmid) {
        Some(Ok(vmid)) => {
            Classified { kind: FileKind::Unrecognised(Unrecognised::GuestElsewhere), node: None, vmid: Some(vmid) }
        }
        _ => Classified { kind: FileKind::Unrecognised(Unrecognised::Unknown), node: None, vmid: None },
    }
}

/// Whether pmxcfs takes `name` as a node's: letters, digits and hyphens, no hyphen at either end.
#[must_use]
pub fn is_node_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('-')
        && !name.ends_with('-')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// How many bytes at the end of `path` (any path, parted by `/`) are the part below `/etc/pve` or `/etc`: for
/// `backup/nodes/pve1/lxc/100.conf` those from `nodes` on, for `backup/user.cfg` the name.
///
/// For a file that is given alone, whose tree nobody named.
#[must_use]
pub fn relative_part(path: &str) -> &str {
    let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
    let tails: Vec<&str> = starts.filter_map(|at| path.get(at..)).filter(|tail| !tail.is_empty()).collect();
    let name = tails.last().copied().unwrap_or(path);
    let in_nodes = tails.iter().rev().find(|tail| tail.starts_with("nodes/")).copied();
    if let Some(tail) = in_nodes
        && !matches!(
            FileKind::from_path(tail).kind,
            FileKind::Unrecognised(Unrecognised::Unknown | Unrecognised::GuestElsewhere)
        )
    {
        return tail;
    }
    // A name that is unmistakable beats a directory that only looks like PVE's, but a secret stays one.
    let nearest = tails.iter().rev().skip(1).take(2);
    let telling = nearest.clone().find(|tail| {
        let is_private = tail.starts_with("priv/");
        is_private || (!FileKind::from_path(name).kind.is_config() && tells(tail))
    });
    telling.copied().unwrap_or(name)
}

/// Whether the directories in `tail` are PVE's own.
fn tells(tail: &str) -> bool {
    let in_guests = ["lxc/", "qemu-server/", "openvz/"].iter().any(|dir| tail.starts_with(dir));
    in_guests || FileKind::from_path(tail).kind.is_config()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_kinds() {
        use FileKind::*;
        let table: &[(&str, FileKind, Option<&str>, Option<u32>)] = &[
            ("user.cfg", UserCfg, None, None),
            ("domains.cfg", DomainsCfg, None, None),
            ("storage.cfg", StorageCfg, None, None),
            ("nodes/pve1/lxc/100.conf", Container, Some("pve1"), Some(100)),
            ("nodes/pve1/qemu-server/999999999.conf", Vm, Some("pve1"), Some(999_999_999)),
            ("nodes/pve1/openvz/101.conf", OpenVz, Some("pve1"), Some(101)),
            ("nodes/pve1/lxc/5.conf", Container, Some("pve1"), Some(5)),
            ("nodes/pve1/lxc/4294967295.conf", Container, Some("pve1"), Some(u32::MAX)),
            ("nodes/pve1/lxc/4294967296.conf", Unrecognised(super::Unrecognised::VmidTooBig), Some("pve1"), None),
            ("nodes/pve1/lxc/0100.conf", Unrecognised(super::Unrecognised::LeadingZero), Some("pve1"), None),
            ("nodes/pve1/lxc/0.conf", Unrecognised(super::Unrecognised::LeadingZero), Some("pve1"), None),
            ("nodes/pve1/lxc/200.CONF", Unrecognised(super::Unrecognised::Suffix), Some("pve1"), Some(200)),
            ("nodes/pve1/lxc/200", Unrecognised(super::Unrecognised::Suffix), Some("pve1"), Some(200)),
            ("nodes/pve1/lxc/100.conf.bak", Unrecognised(super::Unrecognised::Suffix), Some("pve1"), Some(100)),
            ("nodes/pve1/lxc/web.conf", Unrecognised(super::Unrecognised::NoVmid), Some("pve1"), None),
            ("nodes/pve1/lxc/old/100.conf", Unrecognised(super::Unrecognised::GuestElsewhere), Some("pve1"), Some(100)),
            ("nodes/1bad-/lxc/100.conf", Unrecognised(super::Unrecognised::NodeName), Some("1bad-"), Some(100)),
            ("nodes/a.b/config", Unrecognised(super::Unrecognised::NodeName), Some("a.b"), None),
            ("nodes/pve1/config", NodeConfig, Some("pve1"), None),
            ("nodes/pve1/host.fw", FirewallNode, Some("pve1"), None),
            ("nodes/pve1/lrm_status", LrmStatus, Some("pve1"), None),
            ("nodes/pve1/pve-ssl.key", Private, Some("pve1"), None),
            ("nodes/pve1/pve-ssl.pem", PublicKey, Some("pve1"), None),
            ("nodes/pve1/priv/x", Private, Some("pve1"), None),
            ("lxc/100.conf", Container, None, Some(100)),
            ("qemu-server/100.conf", Vm, None, Some(100)),
            ("local/lxc/100.conf", Container, None, Some(100)),
            ("local/config", NodeConfig, None, None),
            ("100.conf", Unrecognised(super::Unrecognised::GuestElsewhere), None, Some(100)),
            ("guests/100.conf", Unrecognised(super::Unrecognised::GuestElsewhere), None, Some(100)),
            ("firewall/cluster.fw", FirewallCluster, None, None),
            ("firewall/100.fw", FirewallGuest, None, Some(100)),
            ("firewall/pve1.fw", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("sdn/firewall/v1.fw", FirewallVnet, None, None),
            ("sdn/zones.cfg", SdnZones, None, None),
            ("sdn/.running-config", SdnRunningConfig, None, None),
            ("sdn/.lock", SdnLock, None, None),
            ("mapping/directory.cfg", MappingDirectory, None, None),
            ("mapping/dir.cfg", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("priv/shadow.cfg", ShadowCfg, None, None),
            ("priv/token.cfg", TokenCfg, None, None),
            ("priv/tfa.cfg", TfaCfg, None, None),
            ("priv/storage/pbs.pw", StorageSecret, None, None),
            ("priv/lock/file-user_cfg", Ignored(super::Ignored::Lock), None, None),
            ("notification-templates/default/test-body.txt.hbs", NotificationTemplate, None, None),
            ("ha/manager_status", HaManagerStatus, None, None),
            ("user.cfg.tmp.1234", Ignored(super::Ignored::Temporary), None, None),
            ("user.cfg.tmp.x", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("lxc/100.conf~", Ignored(super::Ignored::Editor), None, None),
            ("lxc/.100.conf.swp", Ignored(super::Ignored::Editor), None, None),
            ("#user.cfg#", Ignored(super::Ignored::Editor), None, None),
            (".vmlist", PmxcfsVmlist, None, None),
            (".gitignore", Ignored(super::Ignored::Hidden), None, None),
            ("subuid", Subuid, None, None),
            ("network/interfaces", NetworkInterfaces, None, None),
            ("interfaces", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("User.cfg", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("storage.cfg.save", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("nodes", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("", Unrecognised(super::Unrecognised::Unknown), None, None),
        ];
        for &(path, kind, node, vmid) in table {
            assert_eq!(FileKind::from_path(path), Classified { kind, node, vmid }, "{path}");
        }
    }

    #[test]
    fn the_end_of_a_path_tells_where_its_tree_begins() {
        let table = [
            ("100.conf", "100.conf"),
            ("/etc/pve/user.cfg", "user.cfg"),
            ("/x/nodes/a/lxc/100.conf", "nodes/a/lxc/100.conf"),
            ("nodes/a/lxc/100.conf", "nodes/a/lxc/100.conf"),
            ("/nodes/backup/nodes/a/lxc/100.conf", "nodes/a/lxc/100.conf"),
            ("nodes/100.conf", "100.conf"),
            ("x/lxc/100.conf", "lxc/100.conf"),
            ("x/lxc/100.conf.bak", "lxc/100.conf.bak"),
            ("x/local/lxc/100.conf", "lxc/100.conf"),
            ("etc/network/interfaces", "network/interfaces"),
            ("etc/pve/sdn/firewall/a.fw", "sdn/firewall/a.fw"),
            ("pve/priv/acme/x", "priv/acme/x"),
            ("lxc/user.cfg", "user.cfg"),
            ("/home/nodes/x/user.cfg", "user.cfg"),
            ("/priv/a/b/100.conf", "100.conf"),
            ("priv/notifications.cfg", "priv/notifications.cfg"),
        ];
        for (path, end) in table {
            assert_eq!(relative_part(path), end, "{path}");
        }
    }
}
