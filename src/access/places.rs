//! The paths that matter: those of a file, and those of the things in a tree.

use super::pool_path;
use crate::cluster::Cluster;
use crate::model::tables::access::{PrivSet, checked_anywhere, checked_below, checked_on};
use crate::model::user::{NodeIx, UserCfg};
use crate::release::Release;
use bstr::ByteSlice;

/// Paths that every installation has.
pub(super) const TOP: [&str; 10] =
    ["/", "/access", "/access/groups", "/access/realm", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

/// The paths with ACLs and those above them, every pool and pool member. Some come twice.
pub fn of_file<'c>(cfg: &'c UserCfg<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    let acl = (0..cfg.tree.nodes.len()).map(|at| Vec::from(cfg.tree.path(NodeIx::new(at))));
    let pools = cfg.pools.iter().flat_map(|pool| {
        let vms = pool.vms.iter().map(|vm| [b"/vms/", vm.name.as_bytes()].concat());
        let storage = pool.storage.iter().map(|storage| [b"/storage/", storage.value.as_bytes()].concat());
        std::iter::once(pool_path(pool)).chain(vms).chain(storage)
    });
    acl.chain(pools)
}

/// The guests, nodes and storages of a tree, and its groups.
pub fn of_cluster<'c>(cluster: &'c Cluster<'_>) -> impl Iterator<Item = Vec<u8>> + use<'c> {
    let containers = cluster.containers.iter().map(|guest| guest.vmid);
    let guests = containers.chain(cluster.vms.iter().map(|guest| guest.vmid)).flatten();
    let guests = guests.map(|vmid| format!("/vms/{vmid}").into_bytes());
    let nodes = cluster.tree.nodes.iter().map(|node| format!("/nodes/{node}").into_bytes());
    let storages = cluster.storage.iter().flat_map(|storage| {
        let effective = storage.model.sections.iter().filter(|section| section.is_effective());
        effective.map(|section| [b"/storage/", section.id.value.as_bytes()].concat())
    });
    let groups = cluster.user.iter().flat_map(|user| {
        user.model.groups.iter().map(|group| [b"/access/groups/", group.name.value.as_bytes()].concat())
    });
    guests.chain(nodes).chain(storages).chain(groups)
}

/// The privileges that `release` looks up on `path`; on what is below X for a path `X/*`.
#[must_use]
pub fn looked_up(path: &[u8], release: Release) -> PrivSet {
    let on = path.strip_suffix(b"/*").map_or_else(|| checked_on(path, release), |above| checked_below(above, release));
    on | checked_anywhere()
}
