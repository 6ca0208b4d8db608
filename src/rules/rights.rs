//! What the rules about rights share: the ACL paths with what PVE looks up on them, which objects exist, what each ACL takes
//! away, and the commands that give or remove entries. Made once for a cluster, when the first of these rules asks.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::OnceLock;

use bstr::{BStr, BString, ByteSlice};
use rustc_hash::FxHashMap;

use super::acl::storage_gap::Gaps;
use super::words;
use crate::access::{Access, LookedUp, NodeGrants, RoleSet};
use crate::cluster::{Cluster, File};
use crate::finding::Command;
use crate::model::tables::access::{Priv, PrivSet, checked_anywhere, checked_below, checked_on, path_allowed};
use crate::model::user::{
    AclEntry, Grouped, NodeIx, Pool, PoolIx, ROOT, SubjectIx, SubjectKind, UserCfg, list_blanks, unlistable,
};
use crate::release::Release;
use crate::text::{Place, Span};

pub(super) use crate::access::places::{Object, Objects, last, object};

/// A guest that hardly any cluster has: what is allowed on it is allowed on new guests.
pub(super) const NEW_GUEST: &[u8] = b"/vms/999999998";

/// How many members of a pool are asked about one by one.
const MEMBERS: usize = 200;

/// Whether PVE looks at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// It looks up privileges on it or below it.
    Checked,
    /// The API takes it; whether anything is looked up there isn't known.
    Allowed,
    /// Another release does.
    Other,
    /// No release does.
    Unknown,
}

/// A path with ACL entries.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) node: NodeIx,
    pub(super) path: BString,
    pub(super) object: Object,
    pub(super) standing: Standing,
    /// The privileges that PVE looks up on the path itself, the right to change its ACL included.
    pub(super) on: PrivSet,
    /// The privileges that PVE looks up below it.
    pub(super) below: PrivSet,
    /// The privileges that reach guests and storages through the pools that the path is of or above.
    pub(super) pooled: PrivSet,
    /// Whether the object exists, where that is known.
    pub(super) exists: Option<bool>,
    entries: Range<usize>,
}

/// Somebody who can be asked about, and whoever has the same rights.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    /// The one who was asked about.
    pub(super) subject: SubjectIx,
    /// All of them: users of the same groups without entries of their own, or just that one.
    pub(super) same: Vec<SubjectIx>,
    /// Every privilege that any entry on `/`, `/vms`, `/pool` or below these gives: an upper bound for rights on guests.
    pub(super) on_guests: PrivSet,
}

/// What an entry does to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Effect {
    /// It replaces more than it gives.
    Narrows,
    /// It hides more of a group's entries on the same path than it gives.
    HidesGroup,
    /// It would narrow, and a pool gives all of it back.
    UndoneByPool,
    /// It gives rights that a NoAccess on the object's pool takes away.
    KilledByPool,
}

/// An effect of the entries of one subject on one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) effect: Effect,
    pub(super) node: NodeIx,
    /// Whose entries: the principal itself, or one of its groups.
    pub(super) by: SubjectIx,
    /// Who is affected, ascending.
    pub(super) who: Vec<SubjectIx>,
    /// What they lose, get back, or don't get.
    pub(super) privs: PrivSet,
    /// Whether the entries give anything that counts and wasn't there before.
    pub(super) gains: bool,
    /// The pool that gives back or takes away.
    pub(super) pool: Option<PoolIx>,
    /// For a grant above its objects that pools take away: how many guests.
    pub(super) guests: usize,
}

/// See the module.
#[derive(Debug)]
pub(super) struct AclAnalysis<'a> {
    pub(super) file: &'a File<UserCfg<'a>>,
    pub(super) model: &'a UserCfg<'a>,
    /// Paths with entries that count, in the order of [`crate::model::user::AclTree::nodes`].
    pub(super) spots: Vec<Spot>,
    /// For each node, the place of its spot, if it has one.
    spot_of: Vec<Option<u32>>,
    /// Entries that PVE looks at, by path and then in the order of the file.
    entries: Vec<&'a AclEntry>,
    /// Users that exist, root@pam left out, and tokens with privilege separation, if any entry is for them or their groups.
    pub(super) principals: Vec<Principal>,
    /// Sorted by path.
    pub(super) changes: Vec<Change>,
    /// Own entries, by subject and path, that change nothing.
    pub(super) redundant: Vec<(SubjectIx, NodeIx)>,
    pub(super) objects: Objects<'a>,
    /// Who has rights on guests and none on a storage that they need: several rules ask.
    pub(super) gaps: OnceLock<Gaps<'a>>,
    sets: Sets,
}

/// Privileges that are asked about again and again.
#[derive(Clone, Copy, Debug)]
struct Sets {
    /// Looked up on guests.
    guest: PrivSet,
    /// Looked up on storages.
    storage: PrivSet,
    /// About QEMU's monitor, on a guest; hardly anybody uses it.
    monitor: PrivSet,
    /// About the pool itself.
    pool: PrivSet,
    /// Looked up on the pool for guests that are yet to be made.
    new_guest: PrivSet,
}

impl Sets {
    fn of(release: Release) -> Self {
        Self {
            guest: checked_on(b"/vms/100", release),
            storage: checked_on(b"/storage/local", release),
            monitor: privs(&["Sys.Audit", "Sys.Modify"]),
            pool: privs(&["Pool.Allocate", "Pool.Audit"]),
            new_guest: privs(&["VM.Allocate", "VM.Backup"]),
        }
    }
}

impl Spot {
    /// Whether `release` looks at a path.
    pub(super) fn standing_of(path: &[u8], release: Release) -> Standing {
        Checked::of(path, release).standing
    }
}

/// What PVE looks up on and below a path.
#[derive(Clone, Copy, Debug)]
struct Checked {
    standing: Standing,
    on: PrivSet,
    below: PrivSet,
    pooled: PrivSet,
}

impl Checked {
    fn of(path: &[u8], release: Release) -> Self {
        let (on, below) = (checked_on(path, release), checked_below(path, release));
        let pooled = match object(path) {
            Object::Pool if !on.is_empty() => members(release),
            _ if matches!(path, b"/" | b"/pool") => members(release),
            _ => PrivSet::EMPTY,
        };
        let looked_at = |release| !(checked_on(path, release) | checked_below(path, release)).is_empty();
        let elsewhere = Release::ALL.iter().any(|&release| looked_at(release));
        // The API takes any name below `/mapping`, known or not.
        let allowed = |release| path_allowed(path, release) && !path.starts_with(b"/mapping/");
        let standing = if !(on | below).is_empty() {
            Standing::Checked
        } else if allowed(release) {
            Standing::Allowed
        } else if elsewhere || Release::ALL.iter().any(|&release| allowed(release)) {
            Standing::Other
        } else {
            Standing::Unknown
        };
        Self { standing, on, below, pooled }
    }
}

/// What PVE looks up on guests and storages.
fn members(release: Release) -> PrivSet {
    checked_on(b"/vms/100", release) | checked_on(b"/storage/local", release)
}

/// The privilege of this name; an empty set for a release without it.
pub(super) fn privs(names: &[&str]) -> PrivSet {
    names.iter().filter_map(|name| Priv::from_name(name.as_bytes())).collect()
}

/// The names of a set for a message, the first few of them.
pub(super) fn named(set: PrivSet, most: usize) -> String {
    words::list(&set.iter().map(Priv::name).collect::<Vec<_>>(), most)
}

impl<'a> AclAnalysis<'a> {
    /// `None` without user.cfg.
    pub(super) fn of(cluster: &'a Cluster<'a>, access: &Access<'a, 'a>) -> Option<Self> {
        let file = cluster.user.as_ref()?;
        let model = &file.model;
        let root = model.subject_ix(SubjectKind::User, ROOT);
        let counts = |subject| {
            model.subject(subject).is_some_and(|is| match is.kind {
                SubjectKind::Token => model.token_at(subject).is_some_and(|token| token.privsep.value),
                SubjectKind::User | SubjectKind::Group => Some(subject) != root,
            })
        };
        let counts: Vec<bool> = (0..model.subjects.len()).map(|at| counts(SubjectIx::new(at))).collect();
        let counts = |entry: &&AclEntry| counts.get(entry.subject.index()).is_some_and(|counts| *counts);
        let by_node = Grouped::new(model.tree.nodes.len(), model.acl.iter().map(|entry| entry.node.index()));
        let in_order = by_node.positions().iter().filter_map(|at| model.acl.get(*at as usize));
        let entries: Vec<&AclEntry> = in_order.filter(counts).collect();
        let objects = Objects::of(cluster);
        let spots = spots(model, &entries, &objects);
        let mut spot_of = vec![None; model.tree.nodes.len()];
        for (at, spot) in (0..).zip(&spots) {
            if let Some(slot) = spot_of.get_mut(spot.node.index()) {
                *slot = Some(at);
            }
        }
        let mut rights = Self {
            file,
            model,
            spots,
            spot_of,
            entries,
            principals: Vec::new(),
            changes: Vec::new(),
            redundant: Vec::new(),
            objects,
            gaps: OnceLock::new(),
            sets: Sets::of(model.release),
        };
        let subjects = rights.subjects(access);
        let mut landings = Vec::new();
        let looked: Vec<Looked> = subjects.into_iter().map(|same| rights.look(access, same, &mut landings)).collect();
        let mut merged: FxHashMap<(Effect, NodeIx, SubjectIx, PrivSet, Option<PoolIx>), Change> = FxHashMap::default();
        for one in looked {
            rights.principals.push(one.principal);
            rights.redundant.extend(one.redundant);
            for change in one.changes {
                let key = (change.effect, change.node, change.by, change.privs, change.pool);
                match merged.get_mut(&key) {
                    Some(known) => {
                        known.who.extend(&change.who);
                        known.gains |= change.gains;
                    }
                    None => {
                        merged.insert(key, change);
                    }
                }
            }
        }
        rights.changes = merged.into_values().collect();
        for change in &mut rights.changes {
            change.who.sort_unstable();
        }
        let order = |change: &Change| {
            (change.node, change.by, change.effect, change.who.first().copied(), change.privs, change.pool)
        };
        rights.changes.sort_by_key(order);
        rights.redundant.sort_unstable_by_key(|(subject, node)| (*node, *subject));
        Some(rights)
    }

    /// A place in user.cfg.
    pub(super) fn at(&self, span: Span) -> Place {
        self.file.at(span)
    }

    /// The path at `node`, if any entry that counts is on it.
    pub(super) fn spot(&self, node: NodeIx) -> Option<&Spot> {
        let at = self.spot_of.get(node.index()).copied().flatten()?;
        self.spots.get(at as usize)
    }

    /// The entries that count on a path.
    pub(super) fn entries(&self, spot: &Spot) -> &[&'a AclEntry] {
        self.entries.get(spot.entries.clone()).unwrap_or_default()
    }

    /// The entries of `subject` on a path.
    pub(super) fn entries_of(&self, subject: SubjectIx, node: NodeIx) -> Vec<&'a AclEntry> {
        let entries = self.spot(node).map(|spot| self.entries(spot)).unwrap_or_default();
        entries.iter().filter(|entry| entry.subject == subject).copied().collect()
    }

    /// How an ACL line names a subject.
    pub(super) fn written(&self, subject: SubjectIx) -> String {
        match self.model.subject(subject) {
            Some(subject) if subject.kind == SubjectKind::Group => format!("@{}", words::name(subject.id)),
            Some(subject) => words::name(subject.id),
            None => String::new(),
        }
    }

    /// The subjects for a message, the first few by name.
    pub(super) fn all_named(&self, subjects: &[SubjectIx], most: usize) -> String {
        // More names than are shown needn't be made.
        let mut names: Vec<String> =
            subjects.iter().take(most + 1).map(|subject| words::code(self.written(*subject))).collect();
        let more = subjects.len() - names.len();
        names.extend(std::iter::repeat_n(String::new(), more));
        words::list(&names, most)
    }

    /// The roles for a message.
    pub(super) fn roles_named(&self, entries: &[&AclEntry]) -> String {
        let mut names: Vec<String> =
            entries.iter().map(|entry| words::code(self.model.role_name(entry.role))).collect();
        names.sort_unstable();
        names.dedup();
        words::list(&names, 3)
    }

    /// The stable name of the ACL of `subject` on a path.
    pub(super) fn acl_name(&self, path: &[u8], subject: SubjectIx) -> String {
        format!("user.cfg: acl {} {}", words::name(path), self.written(subject))
    }

    /// Whether a user, or a token's user, exists and may log in.
    pub(super) fn enabled(&self, subject: SubjectIx) -> bool {
        let owner = || self.model.users.get(self.model.token_at(subject)?.user.index());
        self.model.user_at(subject).or_else(owner).is_some_and(|user| user.enable.value)
    }

    /// What a role holds.
    pub(super) fn role(&self, entry: &AclEntry) -> PrivSet {
        self.model.role_at(entry.role).map(|role| role.privileges).unwrap_or_default()
    }

    /// `pveum acl modify PATH ...` for the same grants as `entries` have, one command for each set of roles. Nothing when any
    /// subject doesn't exist, since the command refuses it.
    pub(super) fn modify(&self, path: &[u8], entries: &[&AclEntry]) -> Vec<Command> {
        if !path_allowed(path, self.model.release) {
            return Vec::new();
        }
        self.commands("pveum acl modify", path, entries, true)
    }

    /// `pveum acl delete PATH ...` for `entries`, one command for each set of roles.
    pub(super) fn delete(&self, path: &[u8], entries: &[&AclEntry]) -> Vec<Command> {
        self.commands("pveum acl delete", path, entries, false)
    }

    fn commands(&self, words: &str, path: &[u8], entries: &[&AclEntry], flag: bool) -> Vec<Command> {
        let mut roles: BTreeMap<(SubjectIx, bool), Vec<&BStr>> = BTreeMap::new();
        for entry in entries {
            if !self.model.subject(entry.subject).is_some_and(|subject| subject.defined()) {
                return Vec::new();
            }
            let key = (entry.subject, flag && !entry.propagate);
            roles.entry(key).or_default().push(self.model.role_name(entry.role));
        }
        let mut subjects: BTreeMap<(Vec<&BStr>, bool), Vec<SubjectIx>> = BTreeMap::new();
        for ((subject, here), mut names) in roles {
            names.sort_unstable();
            names.dedup();
            subjects.entry((names, here)).or_default().push(subject);
        }
        let command = |((roles, here), subjects): ((Vec<&BStr>, bool), Vec<SubjectIx>)| {
            let command = self.options(Command::new(words).arg(path), &subjects)?;
            let command = command.words("--roles").arg(bstr::join(",", roles));
            Some(if here { command.words("--propagate 0") } else { command })
        };
        subjects.into_iter().map(command).collect::<Option<_>>().unwrap_or_default()
    }

    /// `--users ... --groups ... --tokens ...`; `None` when a list can't name one of them, but would name others in its place.
    pub(super) fn options(&self, mut command: Command, subjects: &[SubjectIx]) -> Option<Command> {
        let options =
            [("--users", SubjectKind::User), ("--groups", SubjectKind::Group), ("--tokens", SubjectKind::Token)];
        for (option, kind) in options {
            let mut names: Vec<&BStr> = subjects
                .iter()
                .filter_map(|subject| self.model.subject(*subject))
                .filter(|subject| subject.kind == kind)
                .map(|subject| subject.id)
                .collect();
            names.sort_unstable();
            names.dedup();
            if names.iter().any(|name| unlistable(name, list_blanks(self.model.release)).is_some()) {
                return None;
            }
            if !names.is_empty() {
                command = command.words(option).arg(bstr::join(",", names));
            }
        }
        Some(command)
    }

    /// Those to look at, in parts that have the same rights.
    fn subjects(&self, access: &Access<'a, 'a>) -> Vec<Vec<SubjectIx>> {
        let mut alone = Vec::new();
        let mut alike: BTreeMap<&[SubjectIx], Vec<SubjectIx>> = BTreeMap::new();
        for user in self.model.users.iter().filter(|user| user.id.value != ROOT) {
            let groups = access.groups_of(user.subject);
            if access.is_named(user.subject) {
                alone.push(vec![user.subject]);
            } else if !groups.is_empty() {
                alike.entry(groups).or_default().push(user.subject);
            }
        }
        let tokens = self.model.tokens.iter().filter(|token| token.privsep.value && access.is_named(token.subject));
        alone.extend(tokens.map(|token| vec![token.subject]));
        alone.extend(alike.into_values());
        alone
    }

    fn look(&self, access: &Access<'a, 'a>, same: Vec<SubjectIx>, landings: &mut Vec<NodeGrants>) -> Looked {
        let subject = same.first().copied().unwrap_or_else(|| SubjectIx::new(0));
        access.landings_into(subject, landings);
        let mut look = Look {
            rights: self,
            access,
            subject,
            owner: self
                .model
                .token_at(subject)
                .and_then(|token| self.model.users.get(token.user.index()))
                .filter(|owner| owner.id.value != ROOT)
                .map(|owner| owner.subject),
            changes: Vec::new(),
            redundant: Vec::new(),
        };
        let mut on_guests = PrivSet::EMPTY;
        for landing in &*landings {
            let Some(spot) = self.spot(landing.node) else { continue };
            if spot.path == "/" || spot.path.starts_with(b"/vms") || spot.path.starts_with(b"/pool") {
                on_guests |= landing.here().privs | landing.below().privs;
            }
            look.landing(spot, landing);
        }
        if landings.iter().any(|landing| landing.here().no_access || landing.below().no_access) {
            look.killed(landings);
        }
        let Look { mut changes, redundant, .. } = look;
        for change in &mut changes {
            change.who.clone_from(&same);
        }
        Looked { principal: Principal { subject, same, on_guests }, changes, redundant }
    }
}

/// The first guests of a pool, looked up: those with ACLs of their own, and one of the others, which are all alike.
pub(super) fn pool_guests(access: &Access<'_, '_>, pool: &Pool<'_>, most: usize) -> impl Iterator<Item = LookedUp> {
    let mut plain = false;
    pool.vms.iter().take(most).filter_map(move |vm| {
        let guest = access.look_up(&[b"/vms/", vm.name.as_bytes()].concat());
        (guest.has_acl() || !std::mem::replace(&mut plain, true)).then_some(guest)
    })
}

fn spots(model: &UserCfg<'_>, entries: &[&AclEntry], objects: &Objects<'_>) -> Vec<Spot> {
    let mut known: FxHashMap<(Object, usize), Checked> = FxHashMap::default();
    let mut spots = Vec::new();
    let mut start = 0;
    for part in entries.chunk_by(|a, b| a.node == b.node) {
        let range = start..start + part.len();
        start = range.end;
        let Some(node) = part.first().map(|entry| entry.node) else { continue };
        let path = model.tree.path(node);
        let kind = object(&path);
        // All guests, storages and so on are looked at alike; what isn't is few.
        let alike = match kind {
            Object::Guest(_) => Some(Object::Guest(0)),
            Object::Other => None,
            other => Some(other),
        };
        let depth = path.iter().filter(|&&byte| byte == b'/').count();
        let checked = match alike {
            Some(kind) => *known.entry((kind, depth)).or_insert_with(|| Checked::of(&path, model.release)),
            None => Checked::of(&path, model.release),
        };
        let exists = (checked.standing == Standing::Checked).then(|| objects.exists(model, &path)).flatten();
        let Checked { standing, on, below, pooled } = checked;
        let on = if standing == Standing::Checked { on | checked_anywhere() } else { on };
        spots.push(Spot { node, path, object: kind, standing, on, below, pooled, exists, entries: range });
    }
    spots
}

struct Looked {
    principal: Principal,
    changes: Vec<Change>,
    redundant: Vec<(SubjectIx, NodeIx)>,
}

/// One principal being looked at.
struct Look<'l, 'a> {
    rights: &'l AclAnalysis<'a>,
    access: &'l Access<'a, 'a>,
    subject: SubjectIx,
    /// For a token: its user, unless that is root@pam.
    owner: Option<SubjectIx>,
    changes: Vec<Change>,
    redundant: Vec<(SubjectIx, NodeIx)>,
}

impl Look<'_, '_> {
    fn landing(&mut self, spot: &Spot, landing: &NodeGrants) {
        if spot.standing != Standing::Checked || spot.exists == Some(false) {
            return;
        }
        let own = landing.own_here.any;
        // What there would be without the entries that decide.
        let (before_here, before_below) = if own {
            (landing.groups_here.or(landing.above), landing.groups_below.or(landing.above))
        } else {
            (landing.above, landing.above)
        };
        let (here, below) = (landing.here(), landing.below());
        if own && self.changes_nothing(spot, landing, (before_here, before_below)) {
            self.redundant.push((self.subject, spot.node));
            return;
        }
        if here.no_access || below.no_access || before_here.no_access {
            return;
        }
        let sets = self.rights.sets;
        let noise = if spot.path.starts_with(b"/vms") { sets.monitor } else { PrivSet::EMPTY };
        let (on, under) = (spot.on - noise, spot.below - noise);
        let passes = landing.own_below.any || landing.groups_below.any;
        let mut lost_here = (before_here.privs - here.privs) & on;
        let mut lost_below = if passes { (before_below.privs - below.privs) & under } else { PrivSet::EMPTY };
        // A role without any privilege is meant to deny, even where there was nothing.
        if here.privs.contains_all(before_here.privs) && lost_below.is_empty() && !here.privs.is_empty() {
            return;
        }
        let gains = !(((here.privs - before_here.privs) & (spot.on | spot.pooled))
            | ((below.privs - before_below.privs) & spot.below))
            .is_empty();
        let mut lost_members = PrivSet::EMPTY;
        let mut undone = PrivSet::EMPTY;
        let mut pool = None;
        match spot.object {
            Object::Guest(_) | Object::Storage => {
                let looked = self.access.look_up_node(spot.node);
                let pools = self.access.pools_held(self.subject, &looked);
                if pools.no_access {
                    return;
                }
                undone = lost_here & pools.privs;
                if here.privs.is_empty() && lost_here.is_empty() {
                    undone = pools.privs & on;
                }
                lost_here -= pools.privs;
                pool = self.pool_giving(&looked, undone);
            }
            Object::Pool => {
                lost_members = self.lost_on_members(spot, before_here.privs - here.privs);
                let rest = lost_here & sets.new_guest;
                if !rest.is_empty() {
                    let new = self.access.look_up(NEW_GUEST);
                    lost_here -= rest & self.access.effective_on(self.subject, &new).privs;
                }
                lost_below &= sets.pool;
            }
            _ => {}
        }
        if spot.path == "/pool" {
            lost_below &= sets.pool;
        }
        if let Some(owner) = self.owner {
            let owner = self.access.effective_on(owner, &self.access.look_up_node(spot.node));
            lost_here &= owner.privs;
            lost_members &= owner.privs;
            lost_below &= owner.propagate;
            undone &= owner.privs;
        }
        let lost = lost_here | lost_below | lost_members;
        let (effect, privs) = if !lost.is_empty() {
            let hidden = own && landing.groups_here.any;
            (if hidden { Effect::HidesGroup } else { Effect::Narrows }, lost)
        } else if !undone.is_empty() && pool.is_some() {
            (Effect::UndoneByPool, undone)
        } else {
            return;
        };
        let pool = pool.filter(|_| effect == Effect::UndoneByPool);
        self.push(
            landing,
            Change { effect, node: spot.node, by: self.subject, who: Vec::new(), privs, gains, pool, guests: 0 },
        );
    }

    /// Records a change as done by those whose entries decide.
    fn push(&mut self, landing: &NodeGrants, change: Change) {
        if landing.own_here.any || landing.own_below.any {
            self.changes.push(change);
            return;
        }
        // Where several groups decide together, one of them stands for all.
        let groups = self.access.groups_of(self.subject);
        if let Some(by) = groups.iter().find(|group| self.access.entries_on(**group, landing.node).next().is_some()) {
            self.changes.push(Change { by: *by, ..change });
        }
    }

    fn changes_nothing(&self, spot: &Spot, landing: &NodeGrants, before: (RoleSet, RoleSet)) -> bool {
        let reach = spot.on | spot.below | spot.pooled;
        let same = |now: RoleSet, before: RoleSet| {
            before.any && now.no_access == before.no_access && now.privs & reach == before.privs & reach
        };
        same(landing.own_here, before.0) && (!landing.own_below.any || same(landing.own_below, before.1))
    }

    /// The first pool of a path that gives any of `privs`.
    fn pool_giving(&self, path: &LookedUp, privs: PrivSet) -> Option<PoolIx> {
        if privs.is_empty() {
            return None;
        }
        let gives = |pool: &PoolIx| self.access.pool_held(self.subject, *pool).privs.intersects(privs);
        path.pools().iter().copied().find(gives)
    }

    /// Which of `lost` on a pool are missing on any of its members.
    fn lost_on_members(&self, spot: &Spot, lost: PrivSet) -> PrivSet {
        let Sets { guest, storage, monitor, .. } = self.rights.sets;
        let on_guest = (lost & guest) - monitor;
        let on_storage = lost & storage;
        if on_guest.is_empty() && on_storage.is_empty() {
            return PrivSet::EMPTY;
        }
        let Some(pool) = self.rights.model.pool(spot.path.strip_prefix(b"/pool/").unwrap_or_default()) else {
            return PrivSet::EMPTY;
        };
        let has = |path: &LookedUp| self.access.effective_on(self.subject, path).privs;
        let mut missing = PrivSet::EMPTY;
        if !on_guest.is_empty() {
            let guests = pool_guests(self.access, pool, MEMBERS);
            missing |= on_guest - guests.fold(on_guest, |all, guest| all & has(&guest));
        }
        if !on_storage.is_empty() {
            for storage in pool.storage.iter().take(MEMBERS) {
                let path = self.access.look_up(&[b"/storage/", storage.value.as_bytes()].concat());
                missing |= on_storage - has(&path);
            }
        }
        missing
    }

    /// Grants that come to nothing on the members of pools with NoAccess.
    fn killed(&mut self, landings: &[NodeGrants]) {
        let denied: Vec<(PoolIx, bool)> = (0..self.rights.model.pools.len())
            .map(PoolIx::new)
            .filter_map(|ix| {
                if !self.access.pool_held(self.subject, ix).no_access {
                    return None;
                }
                let pool = self.rights.model.pools.get(ix.index())?;
                let path = [b"/pool/", pool.name.value.as_bytes()].concat();
                // A NoAccess on the pool itself is meant for this pool.
                let own = landings.iter().any(|landing| {
                    landing.here().no_access && self.rights.spot(landing.node).is_some_and(|spot| spot.path == path)
                });
                Some((ix, own))
            })
            .collect();
        if denied.is_empty() {
            return;
        }
        for landing in landings {
            let Some(spot) = self.rights.spot(landing.node) else { continue };
            if spot.exists == Some(false) {
                continue;
            }
            let (privs, pool, guests) = match spot.object {
                Object::Guest(_) | Object::Storage => {
                    let here = landing.here();
                    let given = if here.no_access { PrivSet::EMPTY } else { here.privs & spot.on };
                    let is_denied = |pool: &PoolIx| denied.iter().any(|(denied, _)| denied == pool);
                    let pool = self.access.look_up_node(spot.node).pools().iter().copied().find(is_denied);
                    (given, pool, 1)
                }
                _ if spot.path == "/vms" => {
                    let below = landing.below();
                    let given = if below.no_access { PrivSet::EMPTY } else { below.privs & spot.below };
                    let pools = denied.iter().filter(|(_, own)| !own).map(|(pool, _)| *pool);
                    let pool = pools.clone().find(|pool| self.guests_of(*pool) > 0);
                    let guests = pools.map(|pool| self.guests_of(pool)).sum();
                    (given, pool, guests)
                }
                _ => continue,
            };
            if !privs.is_empty()
                && let Some(pool) = pool
            {
                self.push(
                    landing,
                    Change {
                        effect: Effect::KilledByPool,
                        node: spot.node,
                        by: self.subject,
                        who: Vec::new(),
                        privs,
                        gains: false,
                        pool: Some(pool),
                        guests,
                    },
                );
            }
        }
    }

    fn guests_of(&self, pool: PoolIx) -> usize {
        self.rights.model.pools.get(pool.index()).map_or(0, |pool| pool.vms.len())
    }
}
