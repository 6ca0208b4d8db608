//! What a file is, told by its path below `/etc/pve` (or `/etc`).
//!
//! Pure functions: nothing here touches a disk. The paths are those of pve-cluster (`status.c`, `PVE/Cluster.pm`) and of the
//! packages that own the files.

/// What a file is to PVE. Some are read, see [`FileKind::is_read`]; the others are known by name only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// `user.cfg`: users, groups, tokens, roles, pools, ACLs (pve-access-control).
    UserCfg,
    /// `domains.cfg`: authentication realms (pve-access-control).
    DomainsCfg,
    /// `storage.cfg` (pve-storage).
    StorageCfg,
    /// `nodes/<node>/lxc/<vmid>.conf` (pve-container).
    Container,
    /// `nodes/<node>/qemu-server/<vmid>.conf` (qemu-server).
    Vm,
    /// `nodes/<node>/openvz/<vmid>.conf`: nothing reads it any more, but pmxcfs still counts its VMID as taken.
    OpenVz,
    /// `datacenter.cfg` (pve-cluster).
    DatacenterCfg,
    /// `corosync.conf`.
    CorosyncConf,
    /// `corosync.conf.new`: an edit of `corosync.conf` on its way.
    CorosyncConfNew,
    /// `cluster.conf`: left over from PVE 3.
    ClusterConf,
    /// `ceph.conf`.
    CephConf,
    /// `jobs.cfg`: backup and realm-sync jobs (pve-manager).
    JobsCfg,
    /// `vzdump.cron`: backup jobs of before PVE 7.1.
    VzdumpCron,
    /// `vzdump.conf` below `/etc/pve`, which nobody reads, or beside it, which vzdump does.
    VzdumpConf,
    /// `replication.cfg` (pve-guest-common).
    ReplicationCfg,
    /// `status.cfg`: metric servers (pve-manager).
    StatusCfg,
    /// `notifications.cfg` (proxmox-notify).
    NotificationsCfg,
    /// A file below `notification-templates/`.
    NotificationTemplate,
    /// `ha/resources.cfg` (pve-ha-manager).
    HaResources,
    /// `ha/groups.cfg`: up to PVE 8.
    HaGroups,
    /// `ha/rules.cfg`: from PVE 9 on.
    HaRules,
    /// `ha/fence.cfg`.
    HaFence,
    /// `mapping/pci.cfg`, `mapping/usb.cfg` or `mapping/directory.cfg` (pve-guest-common).
    Mapping,
    /// `sdn/*.cfg`: zones, vnets, subnets, controllers, ipams, dns, fabrics, prefix-lists, route-maps (pve-network).
    SdnCfg,
    /// `sdn/.running-config`, `sdn/mac-cache.json`, `sdn/pve-ipam-state.json`: what PVE made of the configuration.
    SdnState,
    /// `firewall/cluster.fw` (pve-firewall).
    FirewallCluster,
    /// `firewall/<vmid>.fw`.
    FirewallGuest,
    /// `nodes/<node>/host.fw`.
    FirewallNode,
    /// `sdn/firewall/<vnet>.fw`.
    FirewallVnet,
    /// `nodes/<node>/config` (pve-manager).
    NodeConfig,
    /// `virtual-guest/cpu-models.conf` (qemu-server).
    CpuModels,
    /// `virtual-guest/profiles.cfg`.
    GuestProfiles,
    /// Public keys, certificates and known hosts outside `priv/`.
    PublicKey,
    /// `priv/shadow.cfg`: password hashes of the realm `pve`. Not read.
    ShadowCfg,
    /// `priv/token.cfg`: secrets of API tokens. Not read.
    TokenCfg,
    /// `priv/tfa.cfg`: second factors. Not read.
    TfaCfg,
    /// Any other secret: the rest of `priv/` and of `nodes/<node>/priv/`, and private keys outside. Not read.
    Private,
    /// `/etc/subuid` (uidmap).
    Subuid,
    /// `/etc/subgid` (uidmap).
    Subgid,
    /// `/etc/passwd`.
    Passwd,
    /// `/etc/group`.
    Group,
    /// `/etc/nsswitch.conf`.
    Nsswitch,
    /// `/etc/network/interfaces` (ifupdown2).
    NetworkInterfaces,
    /// A file at a place where PVE reads nothing: people put it there for some reason, and it has no effect.
    Unrecognised(Unrecognised),
    /// Not configuration; left alone on purpose.
    Ignored(Ignored),
    /// A directory; listed only when something is wrong with it or when it is left alone.
    Directory,
    /// A regular file outside every tree: beside the `pve/` of a copy of `/etc`, or in a folder that holds trees.
    OutsideTree,
}

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
    /// `.version`, `.members`, `.vmlist`, `.rrd`, `.clusterlog`, `.debug`: made up by pmxcfs on reading.
    Virtual,
    /// `ha/manager_status`, `ha/crm_commands`, `nodes/<node>/lrm_status`, `sdn/.lock`: state, not configuration.
    Runtime,
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
    /// Kinds of which a tree has one file at most, and whose presence a tree can be asked for.
    pub const SINGLETONS: &'static [Self] = &[
        Self::UserCfg,
        Self::DomainsCfg,
        Self::StorageCfg,
        Self::DatacenterCfg,
        Self::CorosyncConf,
        Self::CephConf,
        Self::JobsCfg,
        Self::VzdumpCron,
        Self::ReplicationCfg,
        Self::StatusCfg,
        Self::NotificationsCfg,
        Self::HaResources,
        Self::HaGroups,
        Self::HaRules,
        Self::HaFence,
        Self::FirewallCluster,
        Self::CpuModels,
        Self::ShadowCfg,
        Self::TokenCfg,
        Self::TfaCfg,
        Self::Subuid,
        Self::Subgid,
        Self::Passwd,
        Self::Group,
        Self::Nsswitch,
        Self::NetworkInterfaces,
    ];

    /// What the file at `path` is: a path relative to `/etc/pve`, or for the node's own files to `/etc`, parted by `/`.
    ///
    /// Without `nodes/<node>/` in front, `lxc/100.conf`, `qemu-server/100.conf` and `local/lxc/100.conf` are guests of a node
    /// that isn't named.
    #[must_use]
    pub fn from_path(path: &str) -> Classified<'_> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let plain = |kind| Classified { kind, node: None, vmid: None };
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
            ("lxc" | "qemu-server" | "openvz", Some(_), _) => in_node(path),
            ("firewall", Some(file), None) => match file.strip_suffix(".fw") {
                Some("cluster") => plain(Self::FirewallCluster),
                Some(stem) => match read_vmid(stem) {
                    Ok(vmid) => Classified { kind: Self::FirewallGuest, node: None, vmid: Some(vmid) },
                    Err(_) => plain(Self::Unrecognised(Unrecognised::Unknown)),
                },
                None => elsewhere(path),
            },
            ("sdn", Some("firewall"), Some(file)) if file.ends_with(".fw") && !file.contains('/') => {
                plain(Self::FirewallVnet)
            }
            ("priv", Some(_), _) => plain(in_priv(path)),
            ("notification-templates", Some(_), Some(_)) => plain(Self::NotificationTemplate),
            _ => fixed(path).map_or_else(|| elsewhere(path), plain),
        }
    }

    /// Whether the file's bytes are read. The rest of the inventory is known by name only.
    #[must_use]
    pub const fn is_read(self) -> bool {
        matches!(
            self,
            Self::UserCfg
                | Self::DomainsCfg
                | Self::StorageCfg
                | Self::Container
                | Self::Vm
                | Self::Subuid
                | Self::Subgid
                | Self::Passwd
                | Self::Group
                | Self::Nsswitch
                | Self::NetworkInterfaces
        )
    }

    /// Whether it is a file of the node itself, below `/etc` and not below `/etc/pve`.
    #[must_use]
    pub const fn is_host(self) -> bool {
        matches!(
            self,
            Self::Subuid | Self::Subgid | Self::Passwd | Self::Group | Self::Nsswitch | Self::NetworkInterfaces
        )
    }

    /// Whether PVE (or the node) reads a file of this kind as configuration at exactly one kind of path: where a directory of
    /// that name stands, the file is missing.
    #[must_use]
    pub const fn is_config(self) -> bool {
        !matches!(
            self,
            Self::Unrecognised(_)
                | Self::Ignored(_)
                | Self::Private
                | Self::NotificationTemplate
                | Self::Directory
                | Self::OutsideTree
        )
    }

    /// The kind that people name on a command line: `user.cfg`, `storage.cfg`, `domains.cfg`, `lxc`, `qemu-server`, `subuid`,
    /// `subgid`, `passwd`, `group`, `nsswitch.conf`, `interfaces`. Only kinds that are read have one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|&(_, kind)| kind)
    }

    /// The names [`Self::from_name`] knows, in the order to show them.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("user.cfg", Self::UserCfg),
        ("storage.cfg", Self::StorageCfg),
        ("domains.cfg", Self::DomainsCfg),
        ("lxc", Self::Container),
        ("qemu-server", Self::Vm),
        ("subuid", Self::Subuid),
        ("subgid", Self::Subgid),
        ("passwd", Self::Passwd),
        ("group", Self::Group),
        ("nsswitch.conf", Self::Nsswitch),
        ("interfaces", Self::NetworkInterfaces),
    ];
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
    match name {
        ".version" | ".members" | ".vmlist" | ".rrd" | ".clusterlog" | ".debug" => Some(Ignored::Virtual),
        ".running-config" => None,
        ".lock" => Some(Ignored::Runtime),
        _ => match name.rsplit_once(".sw") {
            Some((front, last)) if !front.is_empty() && last.chars().count() == 1 => Some(Ignored::Editor),
            _ => Some(Ignored::Hidden),
        },
    }
}

/// `path` is relative to `nodes/<node>`.
fn in_node(path: &str) -> Classified<'static> {
    let plain = |kind| Classified { kind, node: None, vmid: None };
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    let kind = match (first, rest) {
        ("lxc", Some(file)) => return in_guests(file, FileKind::Container),
        ("qemu-server", Some(file)) => return in_guests(file, FileKind::Vm),
        ("openvz", Some(file)) => return in_guests(file, FileKind::OpenVz),
        ("priv", Some("lock")) => FileKind::Ignored(Ignored::Lock),
        ("priv", Some(_)) | ("pve-ssl.key" | "pveproxy-ssl.key", None) => FileKind::Private,
        ("config", None) => FileKind::NodeConfig,
        ("host.fw", None) => FileKind::FirewallNode,
        ("lrm_status", None) => FileKind::Ignored(Ignored::Runtime),
        ("pve-ssl.pem" | "pveproxy-ssl.pem" | "ssh_known_hosts", None) => FileKind::PublicKey,
        _ => return elsewhere(path),
    };
    plain(kind)
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

/// `path` begins with `priv/`.
fn in_priv(path: &str) -> FileKind {
    match path {
        "priv/shadow.cfg" => FileKind::ShadowCfg,
        "priv/token.cfg" => FileKind::TokenCfg,
        "priv/tfa.cfg" => FileKind::TfaCfg,
        "priv/lock" => FileKind::Ignored(Ignored::Lock),
        _ if path.starts_with("priv/lock/") => FileKind::Ignored(Ignored::Lock),
        _ => FileKind::Private,
    }
}

/// The paths without a variable part.
fn fixed(path: &str) -> Option<FileKind> {
    Some(match path {
        "user.cfg" => FileKind::UserCfg,
        "domains.cfg" => FileKind::DomainsCfg,
        "storage.cfg" => FileKind::StorageCfg,
        "datacenter.cfg" => FileKind::DatacenterCfg,
        "corosync.conf" => FileKind::CorosyncConf,
        "corosync.conf.new" => FileKind::CorosyncConfNew,
        "cluster.conf" => FileKind::ClusterConf,
        "ceph.conf" => FileKind::CephConf,
        "jobs.cfg" => FileKind::JobsCfg,
        "vzdump.cron" => FileKind::VzdumpCron,
        "vzdump.conf" => FileKind::VzdumpConf,
        "replication.cfg" => FileKind::ReplicationCfg,
        "status.cfg" => FileKind::StatusCfg,
        "notifications.cfg" => FileKind::NotificationsCfg,
        "ha/resources.cfg" => FileKind::HaResources,
        "ha/groups.cfg" => FileKind::HaGroups,
        "ha/rules.cfg" => FileKind::HaRules,
        "ha/fence.cfg" => FileKind::HaFence,
        "ha/manager_status" | "ha/crm_commands" => FileKind::Ignored(Ignored::Runtime),
        "mapping/pci.cfg" | "mapping/usb.cfg" | "mapping/directory.cfg" => FileKind::Mapping,
        "sdn/zones.cfg"
        | "sdn/vnets.cfg"
        | "sdn/subnets.cfg"
        | "sdn/controllers.cfg"
        | "sdn/ipams.cfg"
        | "sdn/dns.cfg"
        | "sdn/fabrics.cfg"
        | "sdn/prefix-lists.cfg"
        | "sdn/route-maps.cfg"
        | "sdn/fabrics/openfabric.cfg"
        | "sdn/fabrics/ospf.cfg" => FileKind::SdnCfg,
        "sdn/.running-config" | "sdn/mac-cache.json" | "sdn/pve-ipam-state.json" => FileKind::SdnState,
        "virtual-guest/cpu-models.conf" => FileKind::CpuModels,
        "virtual-guest/profiles.cfg" => FileKind::GuestProfiles,
        "authkey.pub" | "authkey.pub.old" | "pve-root-ca.pem" => FileKind::PublicKey,
        "pve-www.key" => FileKind::Private,
        "subuid" => FileKind::Subuid,
        "subgid" => FileKind::Subgid,
        "passwd" => FileKind::Passwd,
        "group" => FileKind::Group,
        "nsswitch.conf" => FileKind::Nsswitch,
        "network/interfaces" => FileKind::NetworkInterfaces,
        _ => return None,
    })
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
            ("nodes/pve1/lrm_status", Ignored(super::Ignored::Runtime), Some("pve1"), None),
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
            ("sdn/zones.cfg", SdnCfg, None, None),
            ("sdn/.running-config", SdnState, None, None),
            ("sdn/.lock", Ignored(super::Ignored::Runtime), None, None),
            ("mapping/directory.cfg", Mapping, None, None),
            ("mapping/dir.cfg", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("priv/shadow.cfg", ShadowCfg, None, None),
            ("priv/token.cfg", TokenCfg, None, None),
            ("priv/tfa.cfg", TfaCfg, None, None),
            ("priv/storage/pbs.pw", Private, None, None),
            ("priv/lock/file-user_cfg", Ignored(super::Ignored::Lock), None, None),
            ("notification-templates/default/test-body.txt.hbs", NotificationTemplate, None, None),
            ("ha/manager_status", Ignored(super::Ignored::Runtime), None, None),
            ("user.cfg.tmp.1234", Ignored(super::Ignored::Temporary), None, None),
            ("user.cfg.tmp.x", Unrecognised(super::Unrecognised::Unknown), None, None),
            ("lxc/100.conf~", Ignored(super::Ignored::Editor), None, None),
            ("lxc/.100.conf.swp", Ignored(super::Ignored::Editor), None, None),
            ("#user.cfg#", Ignored(super::Ignored::Editor), None, None),
            (".vmlist", Ignored(super::Ignored::Virtual), None, None),
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

    #[test]
    fn every_named_kind_is_read_and_every_read_kind_has_a_name() {
        for (name, kind) in FileKind::NAMES {
            assert!(kind.is_read(), "{name}");
            assert_eq!(FileKind::from_name(name), Some(*kind));
        }
        assert_eq!(FileKind::from_name("priv/shadow.cfg"), None);
    }
}
