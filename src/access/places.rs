//! The paths that matter: those of a file, those of the things in a tree; and whether what a path is about exists.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use super::pool_path;
use crate::cluster::{Cluster, Input, Presence};
use crate::model::storage::StorageCfg;
use crate::model::tables::access::{PrivSet, checked_anywhere, checked_below, checked_on};
use crate::model::user::{NodeIx, Pool, UserCfg};
use crate::release::Release;
use crate::source::FileKind;

/// Paths that every installation has.
pub const TOP: [&str; 10] =
    ["/", "/access", "/access/groups", "/access/realm", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

/// The paths with ACLs and those above them, every pool and pool member. Some come twice.
pub fn of_file<'c>(cfg: &'c UserCfg<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    of_acls(cfg).chain(of_pools(cfg))
}

/// The paths with ACLs and those above them, without those that are too deep for anything ([`MAX_DEPTH`]).
pub fn of_acls<'c>(cfg: &'c UserCfg<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    let nodes = (0..).zip(depths(cfg)).filter(|(_, depth)| *depth <= MAX_DEPTH);
    nodes.map(|(at, _)| Vec::from(cfg.tree.path(NodeIx::new(at))))
}

/// Components of the deepest paths that are listed. PVE looks at none of more than six; a single line can name one of half a
/// million, and with it all those above it.
pub const MAX_DEPTH: u32 = 64;

/// For each node of the ACL tree, the number of its path's components.
pub(super) fn depths(cfg: &UserCfg<'_>) -> Vec<u32> {
    let mut depths: Vec<u32> = Vec::with_capacity(cfg.tree.nodes.len());
    for node in &cfg.tree.nodes {
        let above = node.parent.and_then(|parent| depths.get(parent.index()).copied());
        depths.push(above.map_or(0, |above| above + 1));
    }
    depths
}

fn of_pools<'c>(cfg: &'c UserCfg<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    cfg.pools.iter().flat_map(|pool| std::iter::once(pool_path(pool)).chain(members(pool)))
}

/// The paths of a pool's guests and storages.
pub(super) fn members<'c>(pool: &'c Pool<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    let guests = pool.vms.iter().map(|vm| [b"/vms/", vm.name.as_bytes()].concat());
    guests.chain(pool.storage.iter().map(|storage| [b"/storage/", storage.value.as_bytes()].concat()))
}

/// The guests, nodes and storages of a tree, and its groups.
pub fn of_cluster<'c>(cluster: &'c Cluster<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    let containers = cluster.containers.iter().map(|guest| guest.vmid);
    let guests = containers.chain(cluster.vms.iter().map(|guest| guest.vmid)).flatten();
    let guests = guests.map(|vmid| format!("/vms/{vmid}").into_bytes());
    let nodes = cluster.tree.nodes.iter().map(|node| format!("/nodes/{node}").into_bytes());
    let storages = cluster.storage.iter().flat_map(|storage| {
        let effective = storage.model.sections.iter().filter(|section| section.is_effective());
        let effective = effective.chain(&storage.model.implicit_local);
        effective.map(|section| [b"/storage/", section.id.value.as_bytes()].concat())
    });
    let groups = cluster.user.iter().flat_map(|user| {
        user.model.groups.iter().map(|group| [b"/access/groups/", group.name.value.as_bytes()].concat())
    });
    guests.chain(nodes).chain(storages).chain(groups)
}

/// The paths of everything that exists: pools and their members, guests, nodes, storages, groups. Some come twice.
pub fn existing<'c>(cluster: &'c Cluster<'_>, cfg: &'c UserCfg<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    of_pools(cfg).chain(of_cluster(cluster))
}

/// All of these, and every path with an ACL or above one.
#[must_use]
pub fn known(cluster: &Cluster<'_>, cfg: &UserCfg<'_>) -> BTreeSet<Vec<u8>> {
    of_file(cfg).chain(of_cluster(cluster)).collect()
}

/// The privileges that `release` looks up on `path`; on what is below X for a path `X/*`.
#[must_use]
pub fn looked_up(path: &[u8], release: Release) -> PrivSet {
    let on = path.strip_suffix(b"/*").map_or_else(|| checked_on(path, release), |above| checked_below(above, release));
    on | checked_anywhere()
}

/// What an ACL path is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A guest.
    Guest(u32),
    /// A storage.
    Storage,
    /// A pool.
    Pool,
    /// A node.
    Node,
    /// A realm.
    Realm,
    /// A group.
    Group,
    /// Everything else, paths above all of these included.
    Other,
}

/// Which objects of other files exist.
#[derive(Debug)]
pub struct Objects<'a> {
    cluster: &'a Cluster<'a>,
    vmids: FxHashSet<u32>,
}

impl<'a> Objects<'a> {
    /// What `cluster` holds.
    #[must_use]
    pub fn of(cluster: &'a Cluster<'a>) -> Self {
        let files = cluster.sources.files_of(cluster.id);
        let guests = files.filter(|file| matches!(file.kind, FileKind::Container | FileKind::Vm | FileKind::OpenVz));
        Self { cluster, vmids: guests.filter_map(|file| file.vmid).collect() }
    }

    /// Whether the guest exists; `None` when not all guests are at hand.
    #[must_use]
    pub fn guest(&self, vmid: u32) -> Option<bool> {
        (self.cluster.presence(Input::Inventory) == Presence::Present).then(|| self.vmids.contains(&vmid))
    }

    /// Whether the storage exists, or anything in storage.cfg bears its name; `None` without storage.cfg.
    #[must_use]
    pub fn storage(&self, id: &[u8]) -> Option<bool> {
        let storage = self.storages()?;
        Some(id == b"local" || storage.sections.iter().any(|section| section.id.value == id))
    }

    /// storage.cfg.
    #[must_use]
    pub fn storages(&self) -> Option<&'a StorageCfg<'a>> {
        self.cluster.storage.as_ref().map(|file| &file.model)
    }

    /// Whether there is such a node; `None` without `nodes/`.
    #[must_use]
    pub fn node(&self, name: &[u8]) -> Option<bool> {
        let tree = self.cluster.tree;
        (tree.has_nodes && !tree.nodes.is_empty()).then(|| tree.nodes.iter().any(|node| node.as_bytes() == name))
    }

    /// Whether there is such a realm; `None` without domains.cfg.
    #[must_use]
    pub fn realm(&self, name: &[u8]) -> Option<bool> {
        self.cluster.domains.as_ref().map(|file| file.model.has(name))
    }

    /// Whether what `path` is about exists, where that is known.
    #[must_use]
    pub fn exists(&self, model: &UserCfg<'_>, path: &[u8]) -> Option<bool> {
        let name = last(path);
        match object(path) {
            Object::Guest(vmid) => self.guest(vmid),
            Object::Storage => self.storage(name),
            Object::Pool => Some(model.pool(path.strip_prefix(b"/pool/").unwrap_or_default()).is_some()),
            Object::Node => self.node(name),
            Object::Realm => self.realm(name),
            Object::Group => Some(model.group(name).is_some()),
            Object::Other => None,
        }
    }
}

/// The last component of a path.
#[must_use]
pub fn last(path: &[u8]) -> &[u8] {
    path.rsplit(|&byte| byte == b'/').next().unwrap_or_default()
}

/// What a normalised path is about.
#[must_use]
pub fn object(path: &[u8]) -> Object {
    let mut parts = path.split(|&byte| byte == b'/').skip(1);
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some(b"vms"), Some(vmid), None, _) if vmid.len() >= 3 && vmid.first() != Some(&b'0') => {
            vmid.to_str().ok().and_then(|vmid| vmid.parse().ok()).map_or(Object::Other, Object::Guest)
        }
        (Some(b"storage"), Some(_), None, _) => Object::Storage,
        (Some(b"pool"), Some(_), _, _) => Object::Pool,
        (Some(b"nodes"), Some(_), None, _) => Object::Node,
        (Some(b"access"), Some(b"realm"), Some(_), None) => Object::Realm,
        (Some(b"access"), Some(b"groups"), Some(_), None) => Object::Group,
        _ => Object::Other,
    }
}
