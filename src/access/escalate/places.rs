//! The paths on which rights lead to more rights: what the edges ask about, and every path with ACLs.
//!
//! Objects of one kind on which everybody has the same rights are one place, so that ten thousand guests without ACLs of their
//! own cost as much as one.

use crate::access::places::{MAX_DEPTH, depths};
use crate::access::{Access, Grid};
use crate::cluster::{Cluster, Input, Presence};
use crate::model::tables::access::path_allowed;
use crate::model::user::{AclTree, NodeIx, SubjectIx, realm};
use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;

/// Objects of a place that are kept by name.
const NAMED: usize = 4;

/// What exists beside user.cfg. What isn't known (`None`) is taken from the paths and pools of user.cfg, and a name that
/// nothing has (`/vms/*`) stands for the rest.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The guests: their numbers, and whether each is a VM.
    pub guests: Option<Vec<(u32, bool)>>,
    /// The storages.
    pub storages: Option<Vec<BString>>,
    /// The nodes.
    pub nodes: Option<Vec<BString>>,
}

impl World {
    /// What the tree holds.
    #[must_use]
    pub fn of(cluster: &Cluster<'_>) -> Self {
        let inventory = cluster.presence(Input::Inventory) == Presence::Present;
        let guests = inventory.then(|| {
            let containers = cluster.containers.iter().filter_map(|guest| Some((guest.vmid?, false)));
            let vms = cluster.vms.iter().filter_map(|guest| Some((guest.vmid?, true)));
            let mut guests: Vec<_> = containers.chain(vms).collect();
            guests.sort_unstable();
            guests.dedup_by_key(|(vmid, _)| *vmid);
            guests
        });
        let storages = cluster.storage.as_ref().map(|file| {
            let sections = file.model.sections.iter().map(|section| BString::from(section.id.value.as_bytes()));
            let mut storages: Vec<_> = std::iter::once(BString::from("local")).chain(sections).collect();
            storages.sort_unstable();
            storages.dedup();
            storages
        });
        let nodes = (inventory && !cluster.tree.nodes.is_empty())
            .then(|| cluster.tree.nodes.iter().map(|node| BString::from(node.as_bytes())).collect());
        Self { guests, storages, nodes }
    }
}

/// A place, by its position in [`Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlaceIx(u32);

impl PlaceIx {
    pub(super) fn new(at: usize) -> Self {
        Self(u32::try_from(at).unwrap_or(u32::MAX))
    }

    pub(super) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a path is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Vm,
    Container,
    /// A guest of which nobody knows what it is.
    Guest,
    Storage,
    Node,
    Pool,
    Group,
    Realm,
    Other,
}

impl Kind {
    pub(super) const fn is_guest(self) -> bool {
        matches!(self, Self::Vm | Self::Container | Self::Guest)
    }

    /// Whether it is a VM for all one knows.
    pub(super) const fn is_vm(self) -> bool {
        matches!(self, Self::Vm | Self::Guest)
    }
}

/// A path, or several objects of one kind on which everybody has the same rights.
#[derive(Clone, Debug)]
pub struct Place {
    /// The path of the first.
    pub path: BString,
    /// The paths of the first few.
    pub some: Vec<BString>,
    /// How many there are.
    pub count: usize,
    pub(super) kind: Kind,
    /// The deepest node of the ACL tree on the way to it.
    pub(super) node: NodeIx,
    /// Whether that is the path's own.
    pub(super) exact: bool,
    /// Whether PVE takes ACLs on it.
    pub(super) grantable: bool,
}

/// A type of hardware or directory mappings.
#[derive(Clone, Debug)]
pub(super) struct Mapping {
    pub(super) top: PlaceIx,
    /// Mappings: those that ACLs name, and one that doesn't exist yet.
    pub(super) ids: Vec<PlaceIx>,
    pub(super) new: PlaceIx,
}

/// All places of a file.
#[derive(Clone, Debug)]
pub(super) struct Places<'a> {
    pub(super) list: Vec<Place>,
    /// For each node of the ACL tree, the place of its path.
    pub(super) at_node: Vec<PlaceIx>,
    pub(super) root: PlaceIx,
    pub(super) access: PlaceIx,
    pub(super) groups: PlaceIx,
    pub(super) realms: PlaceIx,
    pub(super) storages: PlaceIx,
    pub(super) dir: Mapping,
    pub(super) pci: Mapping,
    pub(super) usb: Mapping,
    /// The groups that exist.
    pub(super) of_group: Vec<(SubjectIx, PlaceIx)>,
    /// The realms of the users that exist.
    pub(super) of_realm: FxHashMap<&'a [u8], PlaceIx>,
    /// For each guest in a pool, by its place: the place of the pool.
    pub(super) pool_of: FxHashMap<PlaceIx, PlaceIx>,
}

impl<'a> Places<'a> {
    pub(super) fn new(access: &Access<'_, 'a>, world: &World) -> Self {
        let mut made = Made::of(access, world);
        let cfg = access.cfg();
        // What is too deep for PVE to look at is taken for what is above it.
        let mut nodes: Vec<usize> = Vec::with_capacity(cfg.tree.nodes.len());
        for ((at, node), depth) in (0..).zip(&cfg.tree.nodes).zip(depths(cfg)) {
            let above = node.parent.filter(|_| depth > MAX_DEPTH).and_then(|parent| nodes.get(parent.index()).copied());
            nodes.push(above.unwrap_or_else(|| made.add(cfg.tree.path(NodeIx::new(at)), None)));
        }
        let [root, top, groups, realms, storages] =
            ["/", "/access", "/access/groups", "/access/realm", "/storage"].map(|path| made.add(path.into(), None));
        let of_group: Vec<_> = cfg
            .groups
            .iter()
            .map(|group| (group.subject, made.add(below("/access/groups/", group.name.value), None)))
            .collect();
        let mut of_realm: FxHashMap<&[u8], usize> = FxHashMap::default();
        for name in cfg.users.iter().map(|user| realm(user.id.value).as_bytes()) {
            if !of_realm.contains_key(name) {
                of_realm.insert(name, made.add(below("/access/realm/", name), None));
            }
        }
        let [dir, pci, usb] = ["dir", "pci", "usb"].map(|kind| {
            let top = format!("/mapping/{kind}");
            (made.add(top.as_str().into(), None), made.add(format!("{top}/*").into(), None), top)
        });
        made.objects(access, world);
        let merged = made.merge(access);
        let place = |at: usize| merged.place_of.get(at).copied().unwrap_or(PlaceIx(0));
        let mapping = |(top, new, prefix): (usize, usize, String)| {
            let ids = nodes.iter().copied().chain([new]).map(place).filter(|at| {
                let rest = merged.list.get(at.index()).and_then(|place| place.path.strip_prefix(prefix.as_bytes()));
                rest.is_some_and(|rest| rest.len() > 1 && !rest.get(1..).unwrap_or_default().contains(&b'/'))
            });
            Mapping { top: place(top), ids: ids.collect(), new: place(new) }
        };
        let pool_of = merged.pools(access);
        Self {
            at_node: nodes.iter().map(|at| place(*at)).collect(),
            root: place(root),
            access: place(top),
            groups: place(groups),
            realms: place(realms),
            storages: place(storages),
            dir: mapping(dir),
            pci: mapping(pci),
            usb: mapping(usb),
            of_group: of_group.into_iter().map(|(group, at)| (group, place(at))).collect(),
            of_realm: of_realm.into_iter().map(|(realm, at)| (realm, place(at))).collect(),
            pool_of,
            list: merged.list,
        }
    }

    pub(super) fn get(&self, at: PlaceIx) -> Option<&Place> {
        self.list.get(at.index())
    }

    /// The places of objects of some kind.
    pub(super) fn of(&self, kind: impl Fn(Kind) -> bool) -> impl Iterator<Item = PlaceIx> {
        (0..).zip(&self.list).filter(move |(_, place)| kind(place.kind)).map(|(at, _)| PlaceIx(at))
    }
}

/// The paths, before those that are alike become one place.
struct Made {
    paths: Vec<(BString, Kind)>,
    known: FxHashMap<BString, usize>,
    guests: Option<FxHashMap<u32, bool>>,
    storages: Option<Vec<BString>>,
    nodes: Option<Vec<BString>>,
    pools: Vec<BString>,
}

struct Merged {
    list: Vec<Place>,
    /// By the position among the paths made.
    place_of: Vec<PlaceIx>,
    known: FxHashMap<BString, usize>,
}

impl Made {
    fn of(access: &Access<'_, '_>, world: &World) -> Self {
        let mut pools: Vec<_> = access.cfg().pools.iter().map(|pool| below("/pool/", pool.name.value)).collect();
        pools.sort_unstable();
        Self {
            paths: Vec::new(),
            known: FxHashMap::default(),
            guests: world.guests.as_ref().map(|guests| guests.iter().copied().collect()),
            storages: sorted(&world.storages),
            nodes: sorted(&world.nodes),
            pools,
        }
    }

    fn add(&mut self, path: BString, kind: Option<Kind>) -> usize {
        if let Some(known) = self.known.get(&path) {
            return *known;
        }
        let kind = kind.unwrap_or_else(|| self.kind(&path));
        let at = self.paths.len();
        self.known.insert(path.clone(), at);
        self.paths.push((path, kind));
        at
    }

    fn kind(&self, path: &BString) -> Kind {
        let mut parts = path.split_str("/").skip(1);
        let known = |names: &Option<Vec<BString>>, name: &[u8]| {
            names.as_ref().is_none_or(|names| names.binary_search_by(|known| known.as_slice().cmp(name)).is_ok())
        };
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(b"vms"), Some(vmid), None, _) => match &self.guests {
                None => Kind::Guest,
                Some(guests) => {
                    let guest =
                        vmid.to_str().ok().and_then(|vmid| vmid.parse().ok()).and_then(|vmid| guests.get(&vmid));
                    guest.map_or(Kind::Other, |vm: &bool| if *vm { Kind::Vm } else { Kind::Container })
                }
            },
            (Some(b"storage"), Some(name), None, _) if known(&self.storages, name) => Kind::Storage,
            (Some(b"nodes"), Some(name), None, _) if known(&self.nodes, name) => Kind::Node,
            (Some(b"pool"), Some(_), ..) if self.pools.binary_search(path).is_ok() => Kind::Pool,
            (Some(b"access"), Some(b"groups"), Some(_), None) => Kind::Group,
            (Some(b"access"), Some(b"realm"), Some(_), None) => Kind::Realm,
            _ => Kind::Other,
        }
    }

    /// Guests, storages, nodes and pools.
    fn objects(&mut self, access: &Access<'_, '_>, world: &World) {
        for pool in self.pools.clone() {
            self.add(pool, Some(Kind::Pool));
        }
        match &world.nodes {
            Some(nodes) => nodes.iter().for_each(|node| {
                self.add(below("/nodes/", node), Some(Kind::Node));
            }),
            None => {
                self.add("/nodes/*".into(), Some(Kind::Node));
            }
        }
        match &world.storages {
            Some(storages) => storages.iter().for_each(|storage| {
                self.add(below("/storage/", storage), Some(Kind::Storage));
            }),
            None => {
                for storage in access.cfg().pools.iter().flat_map(|pool| &pool.storage) {
                    self.add(below("/storage/", storage.value), Some(Kind::Storage));
                }
                self.add("/storage/*".into(), Some(Kind::Storage));
            }
        }
        match &world.guests {
            Some(guests) => guests.iter().for_each(|(vmid, vm)| {
                let kind = if *vm { Kind::Vm } else { Kind::Container };
                self.add(format!("/vms/{vmid}").into(), Some(kind));
            }),
            None => {
                for vm in access.cfg().pools.iter().flat_map(|pool| &pool.vms) {
                    self.add(below("/vms/", vm.name.as_ref()), Some(Kind::Guest));
                }
                self.add("/vms/*".into(), Some(Kind::Guest));
            }
        }
    }

    fn merge(self, access: &Access<'_, '_>) -> Merged {
        let release = access.cfg().release;
        let grid = Grid::new(access, self.paths.iter().map(|(path, _)| path.as_slice()));
        let mut known: FxHashMap<(u32, Kind), PlaceIx> = FxHashMap::default();
        let mut list: Vec<Place> = Vec::new();
        let mut place_of = Vec::with_capacity(self.paths.len());
        for ((path, kind), class) in self.paths.into_iter().zip(grid.class_of()) {
            let alike = matches!(
                kind,
                Kind::Vm | Kind::Container | Kind::Guest | Kind::Storage | Kind::Node | Kind::Pool | Kind::Group
            );
            let next = PlaceIx::new(list.len());
            let at = if alike { *known.entry((*class, kind)).or_insert(next) } else { next };
            place_of.push(at);
            match list.get_mut(at.index()) {
                Some(place) => {
                    place.count += 1;
                    if place.some.len() < NAMED {
                        place.some.push(path);
                    }
                }
                None => {
                    let spot = grid.spot(&path);
                    list.push(Place {
                        some: vec![path.clone()],
                        count: 1,
                        kind,
                        node: spot.map_or(AclTree::ROOT, |spot| spot.node),
                        exact: spot.is_some_and(|spot| spot.exact),
                        grantable: path_allowed(&path, release),
                        path,
                    });
                }
            }
        }
        Merged { list, place_of, known: self.known }
    }
}

impl Merged {
    /// For the places of guests in pools: the place of the pool.
    fn pools(&self, access: &Access<'_, '_>) -> FxHashMap<PlaceIx, PlaceIx> {
        let guests = self.list.iter().enumerate().filter(|(_, place)| place.kind.is_guest());
        let pool = |(at, place): (usize, &Place)| {
            let pool = access.cfg().pool_of_vm(place.path.strip_prefix(b"/vms/")?)?;
            let pool = self.known.get(&below("/pool/", pool.name.value))?;
            Some((PlaceIx::new(at), *self.place_of.get(*pool)?))
        };
        guests.filter_map(pool).collect()
    }
}

fn below(prefix: &str, name: impl AsRef<[u8]>) -> BString {
    [prefix.as_bytes(), name.as_ref()].concat().into()
}

fn sorted(names: &Option<Vec<BString>>) -> Option<Vec<BString>> {
    let mut names = names.clone()?;
    names.sort_unstable();
    Some(names)
}
