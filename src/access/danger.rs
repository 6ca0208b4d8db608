//! Privileges that lead further than their names say: to more rights, into a node, or into a guest. One list for everybody
//! who has to tell them from harmless ones.

use super::looked_up;
use crate::model::tables::access::{Priv, PrivSet};
use crate::release::Release;

/// What a dangerous privilege is good for on some paths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Danger {
    /// Its name.
    privilege: &'static str,
    /// Where that is so.
    reach: Reach,
    /// It leads to rights that nobody gave: by giving them, by somebody else's account, or by what the node lets through.
    leads: bool,
    /// What its holder can do, as the rest of a sentence: `can ...`.
    pub can: &'static str,
}

/// The paths that a [`Danger`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// Every path on which PVE looks the privilege up.
    Any,
    /// This path.
    At(&'static str),
    /// Paths below this one.
    Below(&'static str),
}

/// The worst first. Sources: pve-access-control (API2/ACL.pm, Role.pm, User.pm, Domains.pm; RPCEnvironment.pm), pve-manager
/// (API2/Cluster/Mapping, Nodes.pm, Network.pm, APT.pm, Pool.pm), pve-storage (API2/Storage/Config.pm), qemu-server
/// (API2/Qemu.pm, Agent.pm).
const DANGERS: [Danger; 18] = [
    leads("Permissions.Modify", Reach::Any, "give any role to anyone there"),
    leads("User.Modify", Reach::At("/access/groups"), "make tokens for any user, with all rights of that user"),
    leads("Sys.Modify", Reach::At("/access"), "add privileges to the roles it has itself"),
    leads("Realm.Allocate", Reach::Any, "point a realm at a server of its own and log in as anyone of that realm"),
    leads("Mapping.Modify", Reach::Any, "map directories and devices of the host into VMs"),
    leads("Sys.Modify", Reach::At("/"), "change network, packages and disks of every node"),
    leads("Sys.Modify", Reach::Below("/nodes"), "change network, packages and disks of the node"),
    leads("Datastore.Allocate", Reach::At("/storage"), "define storages on any directory of a node and on any server"),
    leads("Sys.Console", Reach::Below("/nodes"), "open a login prompt of the node"),
    leads("User.Modify", Reach::Below("/access/groups"), "make tokens for members of the group, with all their rights"),
    danger("VM.GuestAgent.Unrestricted", Reach::Any, "run any command inside the guest"),
    danger("VM.Monitor", Reach::Any, "run any command inside the guest"),
    danger("VM.GuestAgent.FileWrite", Reach::Any, "write any file inside the guest"),
    leads("Realm.AllocateUser", Reach::Any, "make users of the realm, and set passwords where it has User.Modify"),
    danger("Pool.Allocate", Reach::Any, "change what is in the pool, and hand its own rights on it to others"),
    danger("VM.Allocate", Reach::Any, "make and remove guests, and hand its own rights on them to others"),
    danger("Datastore.Allocate", Reach::Below("/storage"), "hand its own rights on the storage to others"),
    danger("Sys.PowerMgmt", Reach::Below("/nodes"), "stop the node"),
];

const fn danger(privilege: &'static str, reach: Reach, can: &'static str) -> Danger {
    Danger { privilege, reach, leads: false, can }
}

const fn leads(privilege: &'static str, reach: Reach, can: &'static str) -> Danger {
    Danger { privilege, reach, leads: true, can }
}

impl Danger {
    /// All of them, the worst first.
    pub fn all() -> impl Iterator<Item = &'static Self> {
        DANGERS.iter()
    }

    /// Its privilege.
    #[must_use]
    pub fn privilege(&self) -> Option<Priv> {
        Priv::from_name(self.privilege.as_bytes())
    }

    /// Whether this is about `path`.
    fn reaches(&self, path: &[u8]) -> bool {
        match self.reach {
            Reach::Any => true,
            Reach::At(at) => path == at.as_bytes(),
            Reach::Below(above) => {
                path.strip_prefix(above.as_bytes()).is_some_and(|rest| rest.first() == Some(&b'/') && rest.len() > 1)
            }
        }
    }
}

/// The dangers of the privileges that `release` looks up on `path`: bit n is the n-th of [`Danger::all`]. `X/*` stands for
/// what is below X.
#[must_use]
pub fn dangers_on(path: &[u8], release: Release) -> u32 {
    let on = looked_up(path, release);
    let is_on = |danger: &Danger| danger.reaches(path) && danger.privilege().is_some_and(|one| on.contains(one));
    Danger::all().enumerate().filter(|(_, danger)| is_on(danger)).fold(0, |all, (nth, _)| all | 1 << nth)
}

/// The privileges that nobody should be given on the side.
#[must_use]
pub fn dangerous() -> PrivSet {
    Danger::all().filter_map(Danger::privilege).collect()
}

/// Those of them that lead to rights that nobody gave, somewhere.
#[must_use]
pub(super) fn leading() -> PrivSet {
    Danger::all().filter(|danger| danger.leads).filter_map(Danger::privilege).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn can(name: &str, path: &str) -> Option<&'static str> {
        let on = dangers_on(path.as_bytes(), Release::Pve9);
        let mut found =
            Danger::all().enumerate().filter(|(nth, danger)| on & (1 << nth) != 0 && danger.privilege == name);
        found.next().map(|(_, danger)| danger.can)
    }

    #[test]
    fn every_danger_is_on_some_path_that_pve_looks_at() {
        let paths = "/ /access /access/groups /access/groups/g /access/realm /access/realm/pve /mapping/dir /nodes/n /pool/p \
            /storage /storage/s /vms/100";
        let all = paths.split(' ').fold(0, |all, path| {
            Release::ALL.iter().fold(all, |all, release| all | dangers_on(path.as_bytes(), *release))
        });
        assert_eq!(all.count_ones() as usize, DANGERS.len());
        assert!(DANGERS.iter().all(|danger| danger.privilege().is_some()));
    }

    #[test]
    fn where_it_is_held_decides_what_it_is_good_for() {
        assert_ne!(can("User.Modify", "/access/groups"), can("User.Modify", "/access/groups/dev"));
        assert_eq!(can("User.Modify", "/access/groups/*"), can("User.Modify", "/access/groups/dev"));
        assert_eq!(can("Sys.Modify", "/vms"), None);
        assert_eq!(can("VM.Allocate", "/storage/local"), None);
        assert_eq!(can("VM.Allocate", "/vms/*"), can("VM.Allocate", "/vms/100"));
        assert!(can("Permissions.Modify", "/storage/local").is_some());
    }
}
