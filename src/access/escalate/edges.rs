//! The edges: what a subject has to hold, and what it can obtain by that. Conditions are those that PVE checks; the comments
//! name where.

use super::places::{Kind, Mapping, PlaceIx};
use super::search::{Effect, Move, Search, Source, Want};
use super::{Fact, is_token};
use crate::access::NodeGrants;
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectIx, SubjectKind, User, realm};
use crate::release::Release;
use bstr::ByteSlice;
use rustc_hash::FxHashMap;

/// A way from rights to more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edge {
    /// Whoever may change a path's ACL without limits gives itself any role there.
    GrantAnyRole,
    /// A token without privilege separation for somebody else has that user's rights.
    MintToken,
    /// A role of the file's own that one has gets every privilege.
    EditOwnRole,
    /// A new password for somebody else lets log in as that user.
    ResetPassword,
    /// A user is put into a group.
    JoinGroup,
    /// A realm is pointed at a server of one's own, which says yes to any user.
    OwnRealm,
    /// Users and groups come from a directory.
    SyncRealm,
    /// A directory of the node appears inside a VM.
    MapHostDir,
    /// Devices of the node appear inside a VM.
    MapHostDevice,
    /// Any storage is defined.
    DefineStorage,
    /// A node's configuration is changed.
    NodeAdmin,
    /// A node's login prompt is opened.
    NodeShell,
    /// Commands run inside a guest.
    GuestRoot,
    /// A guest's disks are copied.
    CopyData,
    /// A guest or storage comes under a pool on which the rights are wider.
    PoolPull,
}

impl Edge {
    /// Its name: `mint-token`.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::GrantAnyRole => "grant-any-role",
            Self::MintToken => "mint-token",
            Self::EditOwnRole => "edit-own-role",
            Self::ResetPassword => "reset-password",
            Self::JoinGroup => "join-group",
            Self::OwnRealm => "own-realm",
            Self::SyncRealm => "sync-realm",
            Self::MapHostDir => "map-host-dir",
            Self::MapHostDevice => "map-host-device",
            Self::DefineStorage => "define-storage",
            Self::NodeAdmin => "node-admin",
            Self::NodeShell => "node-shell",
            Self::GuestRoot => "guest-root",
            Self::CopyData => "copy-data",
            Self::PoolPull => "pool-pull",
        }
    }
}

/// The privileges of these names; those of other releases nobody has.
fn privs(names: &[&str]) -> PrivSet {
    names.iter().filter_map(|name| Priv::from_name(name.as_bytes())).collect()
}

/// The privileges that the edges to administrator and to root on a node start from. What the others start from gives more of
/// what is there, and leads to none of these.
pub(super) fn beginnings() -> PrivSet {
    privs(&["Mapping.Modify", "Permissions.Modify", "Realm.Allocate", "Sys.Modify", "User.Modify"])
}

/// An edge from one of some privileges on an object to a fact about it.
struct Simple {
    edge: Edge,
    one_of: &'static [&'static str],
    on: fn(Kind) -> bool,
    gives: fn(PlaceIx) -> Fact,
}

const SIMPLE: [Simple; 3] = [
    // PVE::API2::{Network,APT,Certificates,Disks}
    Simple { edge: Edge::NodeAdmin, one_of: &["Sys.Modify"], on: |kind| kind == Kind::Node, gives: Fact::NodeAdmin },
    // PVE::API2::Qemu::Agent; VM.Monitor is what 7 and 8 ask for.
    Simple {
        edge: Edge::GuestRoot,
        one_of: &["VM.GuestAgent.Unrestricted", "VM.GuestAgent.FileWrite", "VM.Monitor"],
        on: Kind::is_vm,
        gives: Fact::GuestRoot,
    },
    Simple { edge: Edge::CopyData, one_of: &["VM.Clone", "VM.Snapshot"], on: Kind::is_guest, gives: Fact::GuestData },
];

/// The sets of privileges that edges ask about, looked up by name once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sets {
    simple: [PrivSet; SIMPLE.len()],
    pub(super) acl_modify: PrivSet,
    user_modify: PrivSet,
    sys_modify: PrivSet,
    sys_console: PrivSet,
    realm_allocate: PrivSet,
    realm_users: PrivSet,
    mapping_modify: PrivSet,
    mapping_use: PrivSet,
    disk_and_power: PrivSet,
    hardware: PrivSet,
    backup: PrivSet,
    space: PrivSet,
    vm_allocate: PrivSet,
    storage_allocate: PrivSet,
    pool_allocate: PrivSet,
}

impl Sets {
    pub(super) fn new() -> Self {
        Self {
            simple: SIMPLE.map(|simple| privs(simple.one_of)),
            acl_modify: privs(&["Permissions.Modify"]),
            user_modify: privs(&["User.Modify"]),
            sys_modify: privs(&["Sys.Modify"]),
            sys_console: privs(&["Sys.Console"]),
            realm_allocate: privs(&["Realm.Allocate"]),
            realm_users: privs(&["Realm.AllocateUser"]),
            mapping_modify: privs(&["Mapping.Modify"]),
            mapping_use: privs(&["Mapping.Use"]),
            disk_and_power: privs(&["VM.Config.Disk", "VM.PowerMgmt"]),
            hardware: privs(&["VM.Config.HWType"]),
            backup: privs(&["VM.Backup"]),
            space: privs(&["Datastore.AllocateSpace"]),
            vm_allocate: privs(&["VM.Allocate"]),
            storage_allocate: privs(&["Datastore.Allocate"]),
            pool_allocate: privs(&["Pool.Allocate"]),
        }
    }

    /// The privileges that let change the ACL of an object of some kind without Permissions.Modify (pve-access-control,
    /// `check_perm_modify`).
    pub(super) const fn allocates(&self, kind: Kind) -> PrivSet {
        match kind {
            Kind::Vm | Kind::Container | Kind::Guest => self.vm_allocate,
            Kind::Storage => self.storage_allocate,
            Kind::Pool => self.pool_allocate,
            _ => PrivSet::EMPTY,
        }
    }
}

impl Search<'_, '_, '_, '_, '_, '_> {
    /// Everything that the rights of this round lead to. What costs nothing comes first, what is worth most before what is
    /// worth less.
    pub(super) fn edges(&self) -> Vec<Move> {
        let mut moves = Vec::new();
        self.on_objects(&mut moves);
        self.mappings(&mut moves);
        self.grants(&mut moves);
        self.tokens(&mut moves);
        self.roles(&mut moves);
        self.passwords(&mut moves);
        self.realms(&mut moves);
        self.groups(&mut moves);
        self.pools(&mut moves);
        moves
    }

    fn on_objects(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        for (simple, &wanted) in SIMPLE.iter().zip(&sets.simple) {
            for at in self.some(wanted, simple.on) {
                if let Some(privilege) = self.one_of(at, wanted) {
                    moves.push(Move::fact(simple.edge, vec![Want::on(privilege, at)], (simple.gives)(at)));
                }
            }
        }
        if let Some(modify) = self.one_of(places.root, sets.sys_modify) {
            let fact = Fact::NodeAdmin(places.root);
            moves.push(Move::fact(Edge::NodeAdmin, vec![Want::on(modify, places.root)], fact));
        }
        // PVE::API2::Storage::Config: create and update ask on /storage.
        if let Some(allocate) = self.one_of(places.storages, sets.storage_allocate) {
            moves.push(Move::fact(Edge::DefineStorage, vec![Want::on(allocate, places.storages)], Fact::Storages));
        }
        let console = sets.sys_console;
        // PVE::API2::Nodes termproxy takes no tokens, and in PVE 7 users of realm pam only.
        if self.release() > Release::Pve7 || realm(self.id) == "pam" {
            for at in self.some(console, |kind| kind == Kind::Node) {
                if let Some(console) = (self.login_on(at) & console).iter().next() {
                    moves.push(Move::fact(Edge::NodeShell, vec![Want::login(console, at)], Fact::NodePrompt(at)));
                }
            }
        }
        let space = sets.space;
        let mut targets = self.some(space, |kind| kind == Kind::Storage);
        if let Some((storage, space)) = targets.find_map(|at| Some((at, self.one_of(at, space)?))) {
            for at in self.some(sets.backup, Kind::is_guest) {
                if let Some(backup) = self.one_of(at, sets.backup) {
                    let wants = vec![Want::on(backup, at), Want::on(space, storage)];
                    moves.push(Move::fact(Edge::CopyData, wants, Fact::GuestData(at)));
                }
            }
        }
    }

    /// PVE::API2::Cluster::Mapping: creating asks on the type, changing on the mapping; using it in a VM for Mapping.Use on the
    /// mapping and what the VM's option asks for.
    fn mappings(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        if !self.any().contains_all(sets.mapping_modify | sets.mapping_use) {
            return;
        }
        let vm = |wanted: PrivSet| places.of(Kind::is_vm).find(|at| self.on(*at).contains_all(wanted));
        let wants = |mapping: [Want; 2], wanted: PrivSet, vm: PlaceIx| {
            mapping.into_iter().chain(wanted.iter().map(|privilege| Want::on(privilege, vm))).collect()
        };
        let disk = sets.disk_and_power;
        if let Some(mapping) = self.mapping(&places.dir)
            && let Some(vm) = vm(disk)
        {
            moves.push(Move::fact(Edge::MapHostDir, wants(mapping, disk, vm), Fact::NodeRoot));
        }
        let hardware = sets.hardware;
        for kind in [&places.pci, &places.usb] {
            if let Some(mapping) = self.mapping(kind)
                && let Some(vm) = vm(hardware)
            {
                moves.push(Move::fact(Edge::MapHostDevice, wants(mapping, hardware, vm), Fact::Devices(kind.top)));
            }
        }
    }

    /// What makes a mapping of any host resource usable.
    fn mapping(&self, kind: &Mapping) -> Option<[Want; 2]> {
        let sets = &self.ground.sets;
        let (modify, usable) = (sets.mapping_modify, sets.mapping_use);
        kind.ids.iter().find_map(|&id| {
            let place = if id == kind.new { kind.top } else { id };
            // A name that ACLs speak of may be of a mapping that is yet to be made.
            let at = [place, kind.top].into_iter().find(|at| self.on(*at).intersects(modify))?;
            Some([Want::on(self.one_of(at, modify)?, at), Want::on(self.one_of(id, usable)?, id)])
        })
    }

    /// PVE::API2::ACL: whoever has Permissions.Modify on a path isn't held to what it has itself; in PVE 7 nobody is who may
    /// change the ACL at all.
    fn grants(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let modify = sets.acl_modify;
        let any = sets.vm_allocate | sets.storage_allocate | sets.pool_allocate;
        if !self.any().intersects(if self.release() == Release::Pve7 { modify | any } else { modify }) {
            return;
        }
        let free = |at: PlaceIx| {
            let place = places.get(at)?;
            let here = if self.release() == Release::Pve7 { modify | sets.allocates(place.kind) } else { modify };
            self.one_of(at, here).filter(|_| place.grantable)
        };
        let freed: Vec<Option<Priv>> = (0..places.list.len()).map(|at| free(PlaceIx::new(at))).collect();
        if freed.iter().all(Option::is_none) {
            return;
        }
        // Below such a path the new role counts too, down to the next entries for the subject. Tokens with privilege
        // separation would need it twice, and are followed only on the path itself.
        let stops: FxHashMap<_, NodeGrants> = match self.grantee {
            Some(user) => self.access().landings(user).into_iter().map(|stop| (stop.node, stop)).collect(),
            None => FxHashMap::default(),
        };
        let mut down: Vec<Option<PlaceIx>> = Vec::with_capacity(places.at_node.len());
        let mut from: FxHashMap<PlaceIx, Vec<PlaceIx>> = FxHashMap::default();
        let freed_on = |at: PlaceIx| freed.get(at.index()).copied().flatten();
        for (node, &at) in self.access().cfg().tree.nodes.iter().zip(&places.at_node) {
            let above = node.parent.and_then(|parent| down.get(parent.index()).copied().flatten());
            let stop = places.get(at).and_then(|place| stops.get(&place.node));
            let stopped = stop.is_some_and(|stop| stop.own_below.any || stop.groups_below.any);
            down.push(if self.grantee.is_none() {
                None
            } else if freed_on(at).is_some() {
                Some(at)
            } else {
                above.filter(|_| !stopped)
            });
        }
        for (at, place) in places.list.iter().enumerate() {
            let at = PlaceIx::new(at);
            let node = self.access().cfg().tree.node(place.node);
            let above = match node.and_then(|node| node.parent) {
                _ if !place.exact => down.get(place.node.index()).copied().flatten(),
                Some(parent) => down.get(parent.index()).copied().flatten(),
                None => None,
            };
            let stop = stops.get(&place.node).filter(|_| place.exact);
            let stopped = stop.is_some_and(|stop| stop.own_here.any || stop.groups_here.any);
            let by = freed_on(at).map(|_| at).or(above.filter(|_| !stopped));
            if let Some(by) = by.filter(|_| self.on(at) != self.ground.everything) {
                from.entry(by).or_default().push(at);
            }
        }
        let mut from: Vec<_> = from.into_iter().collect();
        from.sort_unstable();
        for (by, reached) in from {
            let Some(privilege) = freed_on(by) else { continue };
            let bits = reached.into_iter().map(|at| (at, self.ground.everything)).collect();
            let effect = Effect::Bits { bits, login: self.is_user() };
            let wants = vec![Want::on(privilege, by)];
            moves.push(Move { edge: Edge::GrantAnyRole, wants, gives: Fact::AnyRole(by), effect });
        }
    }

    /// PVE::API2::User, generate_token: the check is for the user's group and doesn't ask for root@pam.
    fn tokens(&self, moves: &mut Vec<Move>) {
        for (user, want) in self.managed() {
            moves.push(self.become_user(Edge::MintToken, vec![want], user, false));
        }
    }

    /// PVE::API2::AccessControl, change_password: no tokens, not for root@pam; realms but pve keep no passwords of PVE's
    /// (PVE::Auth::Plugin, store_password), and pam's is left to root@pam.
    fn passwords(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let Some(at) = places.of_realm.get(b"pve".as_slice()).copied() else { return };
        let Some(allocate) = (self.login_on(at) & sets.realm_users).iter().next() else { return };
        for (user, want) in self.managed() {
            let Want::Holds { privilege, at: group, .. } = want else { continue };
            if realm(user.id.value) == "pve" && self.login_on(group).contains(privilege) {
                let wants = vec![Want::login(allocate, at), Want::login(privilege, group)];
                moves.push(self.become_user(Edge::ResetPassword, wants, user, true));
            }
        }
    }

    /// PVE::API2::Domains: whoever may change realms may make any user of any realm but pam and pve, which are built in, log in.
    fn realms(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        // Nobody is enabled by this.
        let foreign =
            |user: &User<'_>| user.enable.value && !matches!(realm(user.id.value).as_bytes(), b"" | b"pam" | b"pve");
        if let Some(allocate) = self.one_of(places.realms, sets.realm_allocate) {
            let others = self.access().cfg().users.iter().filter(|user| foreign(user) && user.id.value != self.id);
            for user in others {
                moves.push(self.become_user(Edge::OwnRealm, vec![Want::on(allocate, places.realms)], user, true));
            }
        }
        let Some(modify) = self.one_of(places.groups, sets.user_modify) else { return };
        let mut realms: Vec<_> =
            places.of_realm.iter().filter(|(name, _)| !matches!(**name, b"pam" | b"pve")).collect();
        realms.sort_unstable();
        for (_, &at) in realms {
            if let Some(allocate) = self.one_of(at, sets.realm_users) {
                let wants = vec![Want::on(allocate, at), Want::on(modify, places.groups)];
                moves.push(Move::fact(Edge::SyncRealm, wants, Fact::Directory(at)));
            }
        }
    }

    /// PVE::API2::Role asks for Sys.Modify on /access, whatever the role, unless it is built in.
    fn roles(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let Some(modify) = self.one_of(places.access, sets.sys_modify) else { return };
        let custom = self.access().cfg().roles.iter().any(|role| role.builtin.is_none());
        if !custom {
            return;
        }
        let want = Want::on(modify, places.access);
        if let Some(me) = self.me {
            let effect = Effect::Row { of: Source::OwnRoles(me), login: self.is_user() };
            moves.push(Move { edge: Edge::EditOwnRole, wants: vec![want], gives: Fact::OwnRoles(me), effect });
        }
        for (user, login) in self.identities() {
            let effect = Effect::Row { of: Source::OwnRoles(user), login };
            let wants = vec![want, Want::Being(user)];
            moves.push(Move { edge: Edge::EditOwnRole, wants, gives: Fact::OwnRoles(user), effect });
        }
    }

    /// PVE::API2::User, update_user: User.Modify on every group named, and on one that the user is in.
    fn groups(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let modify = sets.user_modify;
        if !self.any().intersects(modify) {
            return;
        }
        let managed: Vec<(SubjectIx, Want)> = match self.one_of(places.groups, modify) {
            Some(modify) => {
                places.of_group.iter().map(|(group, _)| (*group, Want::on(modify, places.groups))).collect()
            }
            None => {
                let on = |&(group, at): &(SubjectIx, PlaceIx)| Some((group, Want::on(self.one_of(at, modify)?, at)));
                places.of_group.iter().filter_map(on).collect()
            }
        };
        if managed.is_empty() {
            return;
        }
        let me = self.me.filter(|_| self.is_user()).map(|me| (me, true, None));
        let others = self.identities().into_iter().map(|(user, login)| (user, login, Some(Want::Being(user))));
        for (user, login, being) in me.into_iter().chain(others) {
            let groups = self.access().groups_of(user);
            let everywhere = self.one_of(places.groups, modify).map(|modify| Want::on(modify, places.groups));
            let own = managed.iter().find(|(group, _)| groups.binary_search(group).is_ok()).map(|(_, want)| *want);
            let Some(own) = everywhere.or(own) else { continue };
            for (group, want) in &managed {
                if groups.binary_search(group).is_ok() || !self.access().is_named(*group) {
                    continue;
                }
                let mut wants = vec![*want];
                wants.extend(Some(own).filter(|own| own != want));
                wants.extend(being);
                let effect = Effect::Row { of: Source::Member(user, *group), login };
                let gives = Fact::Member { user, group: *group };
                moves.push(Move { edge: Edge::JoinGroup, wants, gives, effect });
            }
        }
    }

    /// PVE::API2::Pool, update_pool: Pool.Allocate on the pool, the right to change the object's ACL, and Pool.Allocate on the pool
    /// that a guest is in already.
    fn pools(&self, moves: &mut Vec<Move>) {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let allocate = sets.pool_allocate;
        // Pools on which one has the same are as good as one another.
        let mut pools: Vec<(PrivSet, PlaceIx, Priv)> = Vec::new();
        for at in self.some(allocate, |kind| kind == Kind::Pool) {
            if let Some(privilege) = self.one_of(at, allocate)
                && pools.iter().all(|(known, ..)| !known.contains_all(self.on(at)))
            {
                pools.push((self.on(at), at, privilege));
            }
        }
        if pools.is_empty() {
            return;
        }
        for at in places.of(|kind| kind.is_guest() || kind == Kind::Storage) {
            let Some(place) = places.get(at) else { continue };
            let change = sets.acl_modify | sets.allocates(place.kind);
            let Some(change) = self.one_of(at, change) else { continue };
            let mut wants = vec![Want::on(change, at)];
            if let Some(&old) = places.pool_of.get(&at) {
                let Some(allocate) = self.one_of(old, allocate) else { continue };
                wants.push(Want::on(allocate, old));
            }
            for &(has, pool, allocate) in pools.iter().filter(|(has, ..)| !self.on(at).contains_all(*has)) {
                let mut wants = wants.clone();
                wants.push(Want::on(allocate, pool));
                wants.dedup();
                let effect = Effect::Bits { bits: vec![(at, has)], login: false };
                let gives = Fact::Pooled { object: at, pool };
                moves.push(Move { edge: Edge::PoolPull, wants, gives, effect });
            }
        }
    }

    /// The users for whom the caller may do what a user administrator may, each with the right that it has for that. Where
    /// that is root@pam, others add nothing.
    fn managed(&self) -> Vec<(&User<'_>, Want)> {
        let (places, sets) = (&self.ground.places, &self.ground.sets);
        let cfg = self.access().cfg();
        let modify = sets.user_modify;
        let usable = |user: &&User<'_>| user.id.value != self.id && (user.id.value != ROOT || user.enable.value);
        if let Some(modify) = self.one_of(places.groups, modify) {
            let want = Want::on(modify, places.groups);
            return match cfg.user(ROOT).filter(usable) {
                Some(root) => vec![(root, want)],
                None => cfg.users.iter().filter(usable).map(|user| (user, want)).collect(),
            };
        }
        let mut managed = Vec::new();
        if !self.any().intersects(modify) {
            return managed;
        }
        for (group, at) in &places.of_group {
            let Some(modify) = self.one_of(*at, modify) else { continue };
            let Some(group) = cfg.group(cfg.subject_id(*group)) else { continue };
            let members = group.members.iter().filter_map(|member| cfg.user(cfg.subject_id(member.value)));
            managed.extend(members.filter(usable).map(|user| (user, Want::on(modify, *at))));
        }
        managed
    }

    /// The objects of some kind, if any of the privileges is there anywhere.
    fn some(&self, wanted: PrivSet, kind: impl Fn(Kind) -> bool) -> impl Iterator<Item = PlaceIx> {
        let any = self.any().intersects(wanted);
        self.ground.places.of(kind).take_while(move |_| any)
    }

    fn become_user(&self, edge: Edge, wants: Vec<Want>, user: &User<'_>, login: bool) -> Move {
        let gives = Fact::Rights { of: user.subject, login };
        Move { edge, wants, gives, effect: Effect::Row { of: Source::User(user.subject), login } }
    }

    /// Whether the subject is a user, which can log in, not a token.
    fn is_user(&self) -> bool {
        !is_token(self.id) && self.access().cfg().subject_ix(SubjectKind::User, self.id).is_some()
    }
}
