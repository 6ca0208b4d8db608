//! The paths that something is at: guests, storages, pools, nodes, groups, realms; and whether what a path is about exists.

use std::collections::BTreeSet;

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use crate::cluster::{Cluster, Input, Presence};
use crate::model::storage::StorageCfg;
use crate::model::user::{NodeIx, Pool, UserCfg};
use crate::source::FileKind;

/// The path of every object that the files know, and every path with an ACL or above one.
#[must_use]
pub fn known(cluster: &Cluster<'_>, cfg: &UserCfg<'_>) -> BTreeSet<Vec<u8>> {
    let mut paths: BTreeSet<Vec<u8>> =
        (0..cfg.tree.nodes.len()).map(|at| Vec::from(cfg.tree.path(NodeIx::new(at)))).collect();
    for pool in &cfg.pools {
        paths.insert(super::pool_path(pool));
        paths.extend(members(pool));
    }
    let guests = cluster.containers.iter().map(|guest| guest.vmid);
    let guests = guests.chain(cluster.vms.iter().map(|guest| guest.vmid));
    paths.extend(guests.flatten().map(|vmid| format!("/vms/{vmid}").into_bytes()));
    paths.extend(cluster.tree.nodes.iter().map(|node| format!("/nodes/{node}").into_bytes()));
    if let Some(storage) = &cluster.storage {
        let effective = storage.model.sections.iter().filter(|section| section.is_effective());
        let effective = effective.chain(&storage.model.implicit_local);
        paths.extend(effective.map(|section| [b"/storage/", section.id.value.as_bytes()].concat()));
    }
    paths.extend(cfg.groups.iter().map(|group| [b"/access/groups/", group.name.value.as_bytes()].concat()));
    paths
}

/// The paths of a pool's guests and storages.
pub(super) fn members(pool: &Pool<'_>) -> impl Iterator<Item = Vec<u8>> {
    let guests = pool.vms.iter().map(|vm| [b"/vms/", vm.name.as_bytes()].concat());
    guests.chain(pool.storage.iter().map(|storage| [b"/storage/", storage.value.as_bytes()].concat()))
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
