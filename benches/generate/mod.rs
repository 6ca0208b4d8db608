//! Makes big clusters: a copy of `/etc` as a busy site would have it, of any size, from a seed.
//!
//! The same [`Plan`] gives the same bytes on every machine. Every object draws from a generator of its own, so that more
//! guests or another rate of mistakes leave the other objects as they were. A plan without mistakes gives a tree in
//! which everything is right: a finding there, notes apart, is a bug of a rule (or of this generator).
//!
//! This isn't part of the crate: benches take it in as a module, `examples/generate.rs` writes trees to disk.

mod guest;
mod random;
mod user;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

pub use random::Random;

/// The number of the first guest.
pub const FIRST_VMID: u32 = 100;
/// Host users that containers may have mapped one to one, and that subuid and subgid grant.
pub const HOST_IDS: std::ops::Range<u32> = 1000..1008;

/// What to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Another seed gives another cluster of the same kind.
    pub seed: u64,
    /// Guests, two thirds of them containers, numbered from [`FIRST_VMID`].
    pub guests: u32,
    /// Nodes, at least 1.
    pub nodes: u32,
    /// Users.
    pub users: u32,
    /// ACL lines.
    pub acl_lines: u32,
    /// Storages, at least 3; those kinds that a site has several of repeat.
    pub storages: u32,
    /// Snapshots of each guest whose storages can have them; 0 gives a few to every sixth.
    pub snapshots: u32,
    /// How many of a thousand objects have a mistake in them.
    pub mistakes: u32,
}

impl Plan {
    /// A site with so many guests, 1,000 users, 5,000 ACL lines and 30 storages, three percent of it wrong.
    #[must_use]
    pub const fn of_guests(guests: u32) -> Self {
        let nodes = if guests < 300 { 3 } else { guests / 100 };
        let nodes = if nodes > 32 { 32 } else { nodes };
        Self { seed: 1, guests, nodes, users: 1000, acl_lines: 5000, storages: 30, snapshots: 0, mistakes: 30 }
    }

    /// A pmxcfs about as full as it gets, 128 MiB: 15,000 guests, most of them with many snapshots.
    #[must_use]
    pub const fn full() -> Self {
        let mut plan = Self::of_guests(15_000);
        plan.snapshots = 34;
        plan
    }

    /// The same without a mistake.
    #[must_use]
    pub const fn clean(mut self) -> Self {
        self.mistakes = 0;
        self
    }

    /// The generator of one object.
    fn random(&self, kind: &str, index: u32) -> Random {
        let kind = kind.bytes().fold(0, |sum: u64, byte| sum.wrapping_mul(257).wrapping_add(byte.into()));
        Random::new(self.seed ^ kind.rotate_left(32) ^ u64::from(index).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number below `choices` when the object is to have a mistake. Drawn apart from the object's own numbers.
    fn mistake(&self, kind: &str, index: u32, choices: u32) -> Option<u32> {
        let mut random = self.random(kind, index ^ 0x8000_0000);
        random.chance(self.mistakes, 1000).then(|| random.below(choices))
    }

    /// The vmids.
    fn vmids(&self) -> std::ops::Range<u32> {
        FIRST_VMID..FIRST_VMID + self.guests
    }

    fn is_container(vmid: u32) -> bool {
        !vmid.is_multiple_of(3)
    }

    fn node_of(&self, vmid: u32) -> String {
        node_name(self.random("node", vmid).below(self.nodes.max(1)))
    }
}

fn node_name(index: u32) -> String {
    format!("pve{:02}", index + 1)
}

/// A generated tree: paths below `/etc` and the files' bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// By path, such as `pve/nodes/pve01/lxc/100.conf`.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Cluster {
    /// Makes what `plan` says.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let mut cluster = Self::default();
        cluster.put("pve/user.cfg", user::user_cfg(plan));
        cluster.put("pve/domains.cfg", DOMAINS.to_owned());
        cluster.put("pve/storage.cfg", storage_cfg(plan));
        cluster.put("pve/datacenter.cfg", "keyboard: en-us\nmigration: type=secure\n".to_owned());
        cluster.put("subuid", subid(plan, "subuid"));
        cluster.put("subgid", subid(plan, "subgid"));
        for index in 0..plan.nodes.max(1) {
            cluster.put(&format!("pve/nodes/{}/lrm_status", node_name(index)), "{\"mode\":\"active\"}\n".to_owned());
        }
        for vmid in plan.vmids() {
            let (dir, text) = if Plan::is_container(vmid) {
                ("lxc", guest::container(plan, vmid))
            } else {
                ("qemu-server", guest::vm(plan, vmid))
            };
            cluster.put(&format!("pve/nodes/{}/{dir}/{vmid}.conf", plan.node_of(vmid)), text);
        }
        cluster
    }

    fn put(&mut self, path: &str, text: String) {
        self.files.insert(path.to_owned(), text.into_bytes());
    }

    /// Number of bytes in all files.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// Writes the tree below `dir`, the place of `/etc`, which is made when it isn't there.
    ///
    /// # Errors
    /// When a directory or file can't be written.
    pub fn write(&self, dir: &Path) -> io::Result<()> {
        let mut made = Path::new("").to_owned();
        for (path, bytes) in &self.files {
            let path = dir.join(path);
            if let Some(parent) = path.parent().filter(|&parent| parent != made) {
                std::fs::create_dir_all(parent)?;
                made = parent.to_owned();
            }
            std::fs::write(path, bytes)?;
        }
        Ok(())
    }
}

const DOMAINS: &str = "\
pam: pam
\tcomment Linux PAM standard authentication

pve: pve
\tcomment Proxmox VE authentication server

ldap: corp
\tbase_dn dc=example,dc=org
\tserver1 ldap.example.org
\tuser_attr uid
\tmode ldap+starttls
";

/// A kind of storage, as far as guests care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StorageKind {
    Local,
    Zfs,
    LvmThin,
    Nfs,
    Rbd,
    CephFs,
    Pbs,
    Cifs,
}

/// The kinds in the order in which storages are made; those from the fourth on repeat.
const STORAGE_KINDS: [StorageKind; 30] = {
    use StorageKind::{CephFs, Cifs, Local, LvmThin, Nfs, Pbs, Rbd, Zfs};
    [
        Local, Zfs, LvmThin, Nfs, Rbd, Pbs, Nfs, Rbd, Cifs, Nfs, CephFs, Rbd, Nfs, Pbs, Nfs, Rbd, Cifs, Nfs, Pbs, Rbd,
        Nfs, Nfs, Pbs, Cifs, Rbd, Nfs, CephFs, Pbs, Nfs, Cifs,
    ]
};

pub(crate) fn storage_kind(index: u32) -> StorageKind {
    let index = index as usize;
    if index < STORAGE_KINDS.len() { STORAGE_KINDS[index] } else { STORAGE_KINDS[3 + (index - 3) % 27] }
}

pub(crate) fn storage_name(index: u32) -> String {
    match storage_kind(index) {
        StorageKind::Local => "local".to_owned(),
        StorageKind::Zfs => "local-zfs".to_owned(),
        StorageKind::LvmThin => "local-lvm".to_owned(),
        StorageKind::Nfs => format!("nfs-{index:02}"),
        StorageKind::Rbd => format!("ceph-{index:02}"),
        StorageKind::CephFs => format!("cephfs-{index:02}"),
        StorageKind::Pbs => format!("pbs-{index:02}"),
        StorageKind::Cifs => format!("smb-{index:02}"),
    }
}

fn storage_cfg(plan: &Plan) -> String {
    let mut out = String::new();
    for index in 0..plan.storages.max(3) {
        let name = storage_name(index);
        let host = 10 + index % 200;
        let (kind, lines) = match storage_kind(index) {
            StorageKind::Local => (
                "dir",
                "path /var/lib/vz\ncontent iso,vztmpl,backup,snippets\nprune-backups keep-last=3,keep-weekly=4"
                    .to_owned(),
            ),
            StorageKind::Zfs => ("zfspool", "pool rpool/data\ncontent images,rootdir\nsparse 1".to_owned()),
            StorageKind::LvmThin => ("lvmthin", "thinpool data\nvgname pve\ncontent images,rootdir".to_owned()),
            StorageKind::Nfs => (
                "nfs",
                format!(
                    "export /export/pve{index:02}\npath /mnt/pve/{name}\nserver 192.0.2.{host}\n\
                     content images,rootdir,iso,vztmpl\noptions vers=4.2"
                ),
            ),
            StorageKind::Rbd => ("rbd", format!("pool pool{index:02}\ncontent images,rootdir\nkrbd 1")),
            StorageKind::CephFs => (
                "cephfs",
                format!(
                    "path /mnt/pve/{name}\ncontent backup,iso,vztmpl\nfs-name fs{index:02}\nprune-backups keep-all=1"
                ),
            ),
            StorageKind::Pbs => (
                "pbs",
                format!(
                    "datastore store{index:02}\nserver backup{index:02}.example.org\ncontent backup\n\
                     fingerprint {}\nprune-backups keep-all=1\nusername pve@pbs",
                    ["a1"; 32].join(":")
                ),
            ),
            StorageKind::Cifs => (
                "cifs",
                format!(
                    "path /mnt/pve/{name}\nserver 192.0.2.{host}\nshare share{index:02}\ncontent iso,backup\nusername pve"
                ),
            ),
        };
        let (mut header, mut lines) = (format!("{kind}: {name}"), lines);
        match plan.mistake("storage", index, 6) {
            Some(0) => lines = lines.replace("content ", "content backups,"),
            Some(1) => lines.push_str("\nshared yes"),
            Some(2) => header.push('\n'),
            Some(3) => lines.push_str("\nmaxfiles 3"),
            Some(4) => header.push_str(" # the new one"),
            Some(5) => lines = lines.replace("keep-last=3,", "keep-last=3, ").replace("server ", "server http://"),
            _ => {}
        }
        let _ = writeln!(out, "{header}");
        for line in lines.lines() {
            let _ = writeln!(out, "\t{line}");
        }
        out.push('\n');
    }
    out
}

fn subid(plan: &Plan, name: &str) -> String {
    let mut out = "root:100000:65536\n".to_owned();
    for id in HOST_IDS {
        match plan.mistake(name, id, 3) {
            Some(0) => {}
            Some(1) => _ = writeln!(out, "root:{id}:0x1"),
            Some(2) => _ = writeln!(out, "root: {id}:1"),
            _ => _ = writeln!(out, "root:{id}:1"),
        }
    }
    out
}
