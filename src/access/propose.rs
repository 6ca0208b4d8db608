//! The smallest changes that would give somebody a privilege on a path, each tried out in memory before it is proposed.
//!
//! A grant on a path replaces what comes from above, and a user's own grant hides its groups' on the same path; so a grant
//! made here names again the roles that it would hide. Which of several ways is the best is said by their order; the words
//! around them are for whoever prints them.

use super::{Access, Applied, Refusal, Who, dangerous, pool_path, token_user};
use crate::finding::Command;
use crate::model::tables::access::{PrivSet, checked_anywhere, checked_below, checked_on, path_allowed};
use crate::model::user::{AclEntry, Pool, Reason, SubjectKind, UserCfg, split_token};
use crate::text::{lines, without_lf};
use bstr::{BStr, BString, ByteSlice};

/// Up to so many privileges that weren't asked for, a role that exists is better than one made for the purpose.
const FEW: u32 = 3;
/// Members of a group that are looked at one by one before a grant to it is proposed.
const MAX_MEMBERS: usize = 200;

/// One change of `user.cfg` that one command makes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// A user that ACLs or groups name already.
    AddUser(BString),
    /// A new role.
    AddRole {
        /// Its name.
        name: BString,
        /// Its privileges.
        privileges: PrivSet,
    },
    /// Roles for a subject on a path.
    Grant {
        /// The path.
        path: BString,
        /// What the subject is.
        kind: SubjectKind,
        /// The subject; a group without `@`.
        id: BString,
        /// The roles; those behind the first are kept from what the grant would hide otherwise.
        roles: Vec<BString>,
        /// Whether it counts below the path too.
        propagate: bool,
    },
    /// A role taken from a subject on a path.
    Revoke {
        /// The path.
        path: BString,
        /// What the subject is.
        kind: SubjectKind,
        /// The subject; a group without `@`.
        id: BString,
        /// The role.
        role: BString,
    },
    /// No privilege separation for a token: all rights of its owner.
    FullToken(BString),
    /// More privileges for a role of the file.
    ExtendRole {
        /// Its name.
        name: BString,
        /// What is added.
        privileges: PrivSet,
    },
    /// A guest or storage put into a pool.
    Join {
        /// The pool.
        pool: BString,
        /// The guest's number, or the storage.
        member: BString,
        /// Whether it is a storage.
        storage: bool,
    },
}

/// Where a proposal acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// A grant on the path itself, which gives nothing on any other path.
    Path,
    /// A grant on the path and on the pool of the guest or storage: both have to be freed of a NoAccess.
    PathAndPool,
    /// A grant on a pool: it reaches all its members.
    Pool(BString),
    /// A grant above the path, on which PVE takes no ACL.
    Above(BString),
    /// The token gets all rights of its owner.
    FullToken,
    /// The guest or storage comes into a pool on which the right is there already.
    Join(BString),
    /// A role that the subject has gets back what PVE ignores in it, being misspelt or of another release: wherever that role
    /// is given.
    Role(BString),
    /// An ACL that is in the way goes.
    Revoke,
}

/// A way to give somebody a privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// What has to be done, in this order.
    pub changes: Vec<Change>,
    /// Where.
    pub way: Way,
    /// What else the subject then has on the path and hadn't before, of what PVE ever looks at there.
    pub surplus: PrivSet,
    /// What it has no more on the path then, of the same. Only where an ACL goes.
    pub lost: PrivSet,
}

impl Change {
    /// The command for a root shell.
    #[must_use]
    pub fn command(&self) -> Command {
        let option = |kind: &SubjectKind| match kind {
            SubjectKind::Group => "--groups",
            SubjectKind::Token => "--tokens",
            SubjectKind::User => "--users",
        };
        match self {
            Self::AddUser(id) => Command::new("pveum user add").arg(id),
            Self::AddRole { name, privileges } => {
                Command::new("pveum role add").arg(name).words("--privs").arg(privileges.to_string().replace(", ", ","))
            }
            Self::Grant { path, kind, id, roles, propagate } => {
                let roles = bstr::join(",", roles);
                let command = Command::new("pveum acl modify").arg(path).words(option(kind)).arg(id);
                let command = command.words("--roles").arg(roles);
                if *propagate { command } else { command.words("--propagate 0") }
            }
            Self::Revoke { path, kind, id, role } => {
                Command::new("pveum acl delete").arg(path).words(option(kind)).arg(id).words("--roles").arg(role)
            }
            Self::FullToken(id) => {
                let (user, token) = split_token(id).unwrap_or_default();
                Command::new("pveum user token modify").arg(user).arg(token).words("--privsep 0")
            }
            Self::ExtendRole { name, privileges } => {
                let command = Command::new("pveum role modify").arg(name).words("--append 1 --privs");
                command.arg(privileges.to_string().replace(", ", ","))
            }
            Self::Join { pool, member, storage } => {
                let option = if *storage { "--storage" } else { "--vms" };
                Command::new("pveum pool modify").arg(pool).words(option).arg(member)
            }
        }
    }

    /// Taking this entry away.
    #[must_use]
    pub fn revoke(cfg: &UserCfg<'_>, entry: &AclEntry) -> Self {
        let subject = cfg.subject(entry.subject);
        Self::Revoke {
            path: cfg.tree.path(entry.node),
            kind: subject.map_or(SubjectKind::User, |subject| subject.kind),
            id: cfg.subject_id(entry.subject).to_owned(),
            role: cfg.role_name(entry.role).to_owned(),
        }
    }
}

/// The text of `cfg` after `changes`, as PVE would write it as far as ACLs are concerned: one line for each entry.
#[must_use]
pub fn apply(cfg: &UserCfg<'_>, changes: &[Change]) -> Vec<u8> {
    let is_acl = |line: &[u8]| line.split(|&byte| byte == b':').next().is_some_and(|word| word.trim_ascii() == b"acl");
    let mut out = Vec::with_capacity(cfg.text.len() + 64);
    for line in lines(cfg.text).map(without_lf).filter(|line| !is_acl(line)) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    let mut put = |fields: &[&[u8]]| {
        for field in fields {
            out.extend_from_slice(field);
            out.push(b':');
        }
        out.push(b'\n');
    };
    let mut gone: Vec<(&BStr, SubjectKind, &BStr, &BStr)> = Vec::new();
    for change in changes {
        match change {
            Change::AddUser(id) => put(&[b"user", id, b"1", b"0"]),
            Change::AddRole { name, privileges } | Change::ExtendRole { name, privileges } => {
                put(&[b"role", name, privileges.to_string().as_bytes()]);
            }
            Change::Join { pool, member, storage: false } => put(&[b"pool", pool, b"", member]),
            Change::Join { pool, member, storage: true } => put(&[b"pool", pool, b"", b"", member]),
            Change::FullToken(id) => {
                let expire = cfg.token(id).map_or(0, |token| token.expire.value).to_string();
                put(&[b"token", id, expire.as_bytes(), b"0"]);
            }
            Change::Revoke { path, kind, id, role } => gone.push((path.as_bstr(), *kind, id.as_bstr(), role.as_bstr())),
            Change::Grant { .. } => {}
        }
    }
    let flag = |on: bool| if on { b"1" } else { b"0" };
    let shown =
        |kind: SubjectKind, id: &[u8]| if kind == SubjectKind::Group { [b"@", id].concat() } else { id.to_vec() };
    for entry in &cfg.acl {
        let Some(subject) = cfg.subject(entry.subject) else { continue };
        let (path, role) = (cfg.tree.path(entry.node), cfg.role_name(entry.role));
        if !gone.contains(&(path.as_bstr(), subject.kind, subject.id, role)) {
            put(&[b"acl", flag(entry.propagate), &path, &shown(subject.kind, subject.id), role]);
        }
    }
    for change in changes {
        if let Change::Grant { path, kind, id, roles, propagate } = change {
            put(&[b"acl", flag(*propagate), path, &shown(*kind, id), &bstr::join(",", roles)]);
        }
    }
    out
}

/// One who has to be given something: the subject itself, or a token and its owner.
pub(super) struct Target {
    pub(super) kind: SubjectKind,
    pub(super) id: BString,
    pub(super) missing: PrivSet,
}

/// Roles as a grant needs them.
pub(super) struct Role {
    pub(super) name: BString,
    /// To be made first.
    pub(super) new: Option<PrivSet>,
}

impl<'a> Access<'_, 'a> {
    /// How `subject` could be given all of `wanted` on `path`, best first: a grant on the path itself with a role that
    /// exists, or with one of its own when any role that exists would give much more (both ways, if both exist), then the
    /// guest's or storage's pool, then all rights of a token's owner, then ACLs in the way. Nothing for root@pam, for whom
    /// PVE doesn't know, and for privileges of another release.
    #[must_use]
    pub fn propose(&self, subject: &[u8], wanted: PrivSet, path: &[u8]) -> Vec<Proposal> {
        let release = self.cfg.release;
        let targets = self.targets(subject, wanted, path);
        if targets.is_empty() || !PrivSet::all(release).contains_all(wanted) {
            return Vec::new();
        }
        let pools: Vec<BString> = self.pools_of(path).map(|pool| pool_path(pool).into()).collect();
        let mut place = BStr::new(path);
        while !path_allowed(place, release) && place != "/" {
            let up = place.rfind_byte(b'/').and_then(|at| place.get(..at)).unwrap_or_default();
            place = if up.is_empty() { BStr::new(b"/") } else { BStr::new(up) };
        }
        let here = if place == path { Way::Path } else { Way::Above(place.to_owned()) };

        let mut found = Vec::new();
        let mut offer = |way: &Way, changes: Vec<Change>| {
            // To free a path of NoAccess frees those below it.
            let wide = |change: &Change| matches!(change, Change::Revoke { path, .. } if !self.is_leaf(path));
            let way = if changes.iter().any(wide) { &Way::Revoke } else { way };
            if let Some(proposal) = self.tried(subject, wanted, path, way.clone(), changes)
                && !found.contains(&proposal)
            {
                found.push(proposal);
            }
        };
        for at in 0..2 {
            if let Some(changes) = self.grants(&targets, &[place.to_owned()], path, at) {
                offer(&here, changes);
            }
        }
        for (way, change) in self.restored(&targets, path).into_iter().chain(self.joins(subject, wanted, path)) {
            offer(&way, vec![change]);
        }
        for pool in &pools {
            if let Some(changes) = self.grants(&targets, std::slice::from_ref(pool), path, 0) {
                offer(&Way::Pool(pool.clone()), changes);
            }
        }
        if !pools.is_empty() {
            let places: Vec<BString> = std::iter::once(place.to_owned()).chain(pools).collect();
            if let Some(changes) = self.grants(&targets, &places, path, 0) {
                offer(&Way::PathAndPool, changes);
            }
        }
        if let Who::Token(token) = self.who(subject) {
            offer(&Way::FullToken, vec![Change::FullToken(token.id.value.to_owned())]);
        }
        let mut in_the_way = Vec::new();
        for target in &targets {
            for privilege in target.missing.iter() {
                if let Some(refusal) = self.why_not(&target.id, privilege, path) {
                    collect(&refusal, &mut in_the_way);
                }
            }
        }
        let mut revokes: Vec<_> = in_the_way.iter().map(|applied| Change::revoke(self.cfg, applied.entry)).collect();
        revokes.sort_by_key(|change| format!("{change:?}"));
        revokes.dedup();
        if !revokes.is_empty() {
            offer(&Way::Revoke, revokes);
        }
        // Both together are needed only where neither is enough.
        if found.iter().any(|proposal| proposal.way != Way::PathAndPool) {
            found.retain(|proposal| proposal.way != Way::PathAndPool);
        }
        found
    }

    /// How every member of `group` could be given all of `wanted` on `path` by a grant to the group: the one that is tried is
    /// on the path itself. `None` when it wouldn't reach everybody, or would take something from somebody.
    #[must_use]
    pub fn propose_to_group(&self, group: &[u8], wanted: PrivSet, path: &[u8]) -> Option<Proposal> {
        let members: Vec<&BStr> =
            self.cfg.group(group)?.members.iter().map(|member| self.cfg.subject_id(member.value)).collect();
        if members.is_empty() || members.len() > MAX_MEMBERS || !path_allowed(path, self.cfg.release) {
            return None;
        }
        let target = Target { kind: SubjectKind::Group, id: group.into(), missing: wanted };
        let changes = self.grants(&[target], &[path.into()], path, 0)?;
        let text = apply(self.cfg, &changes);
        let cfg = UserCfg::parse(&text, self.cfg.release);
        let access = Access::new(&cfg);
        let mut surplus = PrivSet::EMPTY;
        for member in members {
            let (before, after) = (self.effective(member, path).privs, access.effective(member, path).privs);
            if !after.contains_all(wanted | (before - self.no_access)) {
                return None;
            }
            surplus |= after - before - wanted;
        }
        let surplus = surplus & (checked_on(path, self.cfg.release) | checked_anywhere());
        Some(Proposal { changes, way: Way::Path, surplus, lost: PrivSet::EMPTY })
    }

    pub(super) fn targets(&self, subject: &[u8], wanted: PrivSet, path: &[u8]) -> Vec<Target> {
        let user = |id: &[u8]| Target {
            kind: SubjectKind::User,
            id: id.into(),
            missing: wanted - self.effective(id, path).privs,
        };
        let mut targets = match self.who(subject) {
            Who::Nobody | Who::Root => Vec::new(),
            Who::User(None) => vec![user(subject)],
            Who::User(Some(subject)) => vec![user(self.cfg.subject_id(subject))],
            Who::Token(token) => {
                let own = self.own(Some(token.subject), &self.look_up(path)).answer().privs;
                let token_id = token.id.value.to_owned();
                let mut targets = vec![Target { kind: SubjectKind::Token, id: token_id, missing: wanted - own }];
                if !matches!(self.owner(token), Who::Root) {
                    targets.push(user(token_user(token)));
                }
                targets
            }
        };
        targets.retain(|target| !target.missing.is_empty());
        targets
    }

    /// The changes that give every target what it misses on `path` by grants on `places`; `choice` 0 is the better role.
    fn grants(&self, targets: &[Target], places: &[BString], path: &[u8], choice: usize) -> Option<Vec<Change>> {
        let mut made: Vec<Change> = Vec::new();
        let mut grants = Vec::new();
        for target in targets {
            for place in places {
                let role = self.role_for(target, place, path, choice)?;
                self.grant(target, place, path, role, &mut made, &mut grants);
            }
        }
        made.extend(grants);
        Some(made)
    }

    /// Gives `target` a role on `place`, so that it counts on `path`: what has to be made first goes into `made`, if it isn't
    /// there yet, the ACLs into `grants`.
    pub(super) fn grant(
        &self,
        target: &Target,
        place: &BString,
        path: &[u8],
        role: Role,
        made: &mut Vec<Change>,
        grants: &mut Vec<Change>,
    ) {
        let undefined = target.kind == SubjectKind::User && self.cfg.user(&target.id).is_none();
        let user = undefined.then(|| Change::AddUser(target.id.clone()));
        let new = role.new.map(|privileges| Change::AddRole { name: role.name.clone(), privileges });
        for first in user.into_iter().chain(new) {
            if !made.contains(&first) {
                made.push(first);
            }
        }
        let mut roles = vec![role.name];
        let stops = self.stops(&target.id, place);
        let deciding = stops.iter().rev().find(|stop| !stop.applied.is_empty());
        let own = deciding.filter(|stop| stop.last && stop.applied.iter().all(|one| one.member.is_none()));
        if let Some(stop) = own {
            let denied = stop.applied.iter().filter(|applied| self.is_no_access(applied));
            grants.extend(denied.map(|applied| Change::revoke(self.cfg, applied.entry)));
        } else {
            let kept = self.roles(&target.id, place);
            let kept = kept.iter().filter_map(|(role, _)| self.cfg.role_at(*role));
            roles.extend(kept.filter(|role| !role.is_no_access()).map(|role| role.name.to_owned()));
        }
        // What is checked only on the path itself needs no propagation, and shall not leak.
        grants.push(Change::Grant {
            path: place.clone(),
            kind: target.kind,
            id: target.id.clone(),
            roles,
            propagate: self.is_leaf(place) || is_above(place, path),
        });
    }

    /// Roles that every target has on `path` and that would hold what is missing, if PVE knew a name in them.
    pub(super) fn restored(&self, targets: &[Target], path: &[u8]) -> Vec<(Way, Change)> {
        let cfg = self.cfg;
        let mut found = Vec::new();
        for (nth, role) in cfg.roles.iter().enumerate().filter(|(_, role)| role.builtin.is_none()) {
            let missing = targets.iter().fold(PrivSet::EMPTY, |all, target| all | target.missing);
            let stood_for = cfg.dropped.iter().any(|dropped| match &dropped.reason {
                Reason::Privilege { role: of, privilege: written } if *of == role.name => {
                    missing.iter().all(|missing| super::explain::stands_for(written, missing, cfg.release))
                }
                _ => false,
            });
            let has = |target: &Target| {
                self.roles(&target.id, path).iter().any(|(has, _)| has.index() == nth)
                    || self
                        .pools_of(path)
                        .any(|pool| self.roles(&target.id, &pool_path(pool)).iter().any(|(has, _)| has.index() == nth))
            };
            if stood_for && targets.iter().all(has) {
                let change = Change::ExtendRole { name: role.name.into(), privileges: missing };
                found.push((Way::Role(role.name.into()), change));
            }
        }
        found
    }

    /// Pools on which `subject` has all of `wanted`, for a guest that is in none, or a storage that isn't in them.
    fn joins(&self, subject: &[u8], wanted: PrivSet, path: &[u8]) -> Vec<(Way, Change)> {
        let (member, storage) = match (path.strip_prefix(b"/vms/"), path.strip_prefix(b"/storage/")) {
            (Some(vmid), _) if self.cfg.pool_of_vm(vmid).is_none() => (vmid, false),
            (_, Some(storage)) => (storage, true),
            _ => return Vec::new(),
        };
        let gives = self.cfg.pools.iter().filter(|pool| {
            !pool.storage.iter().any(|listed| storage && listed.value == member)
                && self.effective(subject, &pool_path(pool)).privs.contains_all(wanted)
        });
        let join = |pool: &Pool<'_>| {
            let pool = BString::from(pool.name.value);
            (Way::Join(pool.clone()), Change::Join { pool, member: member.into(), storage })
        };
        // One is enough; with several it is anybody's guess.
        gives.take(1).map(join).collect()
    }

    /// The role to give on `place`, so that `target` gets what it misses on `path`.
    pub(super) fn role_for(&self, target: &Target, place: &[u8], path: &[u8], choice: usize) -> Option<Role> {
        let release = self.cfg.release;
        let mut relevant = checked_on(place, release) | checked_on(path, release) | checked_anywhere();
        if is_above(place, path) {
            relevant |= checked_below(place, release);
        }
        let has = self.effective(&target.id, path).privs;
        let surplus = |privileges: PrivSet| (privileges & relevant) - has - target.missing;
        // To see more is less than to do more.
        let weight = |privileges: PrivSet| -> u32 {
            surplus(privileges).iter().map(|one| if one.name().ends_with(".Audit") { 1 } else { 10 }).sum()
        };
        let usable = self.cfg.roles.iter().filter(|role| !role.is_no_access() && role.name != "Administrator");
        let best = usable
            // What a file adds to a built-in role is gone at PVE's next write.
            .map(|role| (role, role.builtin.unwrap_or(role.privileges)))
            .filter(|(_, privileges)| privileges.contains_all(target.missing))
            .min_by_key(|(role, privileges)| {
                (weight(*privileges), role.builtin.is_none(), privileges.len(), role.name)
            });
        let existing = best.map(|(role, privileges)| (surplus(privileges), Role { name: role.name.into(), new: None }));
        let custom = Role { name: self.new_role_name(target.missing), new: Some(target.missing) };
        let mut ways = match existing {
            Some((more, role)) if more.is_empty() => vec![role],
            Some((more, role)) if more.len() <= FEW && !more.intersects(dangerous()) => {
                vec![role, custom]
            }
            Some((_, role)) => vec![custom, role],
            None => vec![custom],
        };
        (choice < ways.len()).then(|| ways.swap_remove(choice))
    }

    /// A free name for a role with these privileges: `vm-powermgmt`. Names that begin with `PVE` are reserved.
    fn new_role_name(&self, privileges: PrivSet) -> BString {
        let mut all = privileges.iter().map(|privilege| privilege.name().to_ascii_lowercase().replace('.', "-"));
        let first = all.next().unwrap_or_default();
        let base = if all.next().is_some() { format!("{first}-and-more") } else { first };
        let names = std::iter::once(base.clone()).chain((2..).map(|nth| format!("{base}-{nth}")));
        let mut free = names.filter(|name| self.cfg.role(name.as_bytes()).is_none());
        free.next().unwrap_or_default().into()
    }

    /// The proposal, when it does what it shall and, unless an ACL goes, takes nothing away.
    fn tried(&self, subject: &[u8], wanted: PrivSet, path: &[u8], way: Way, changes: Vec<Change>) -> Option<Proposal> {
        let text = apply(self.cfg, &changes);
        let cfg = UserCfg::parse(&text, self.cfg.release);
        let access = Access::new(&cfg);
        let (before, after) = (self.effective(subject, path).privs, access.effective(subject, path).privs);
        let mut touched = vec![BString::from(path)];
        touched.extend(changes.iter().filter_map(|change| match change {
            Change::Grant { path, .. } => Some(path.clone()),
            _ => None,
        }));
        let kept = |path: &BString| {
            // What a role line adds to NoAccess is nobody's right.
            let had = self.effective(subject, path).privs - self.no_access;
            access.effective(subject, path).privs.contains_all(had)
        };
        let mut relevant = checked_on(path, self.cfg.release) | checked_anywhere();
        if let Way::Above(place) = &way {
            relevant |= checked_below(place, self.cfg.release);
        }
        let lost = (before - self.no_access - after) & relevant;
        let works = after.contains_all(wanted) && (way == Way::Revoke || touched.iter().all(kept));
        works.then(|| Proposal { changes, way, surplus: (after - before - wanted) & relevant, lost })
    }

    /// Whether PVE looks at nothing below `path`.
    fn is_leaf(&self, path: &[u8]) -> bool {
        let childless = |name| self.cfg.pool(name).is_some_and(|pool| pool.children.is_empty());
        checked_below(path, self.cfg.release).is_empty() || path.strip_prefix(b"/pool/").is_some_and(childless)
    }

    fn is_no_access(&self, applied: &Applied<'_>) -> bool {
        self.cfg.role_at(applied.entry.role).is_some_and(|role| role.is_no_access())
    }
}

/// Whether `path` lies below `place`.
pub(super) fn is_above(place: &[u8], path: &[u8]) -> bool {
    place == b"/" && path != b"/" || path.strip_prefix(place).is_some_and(|rest| rest.first() == Some(&b'/'))
}

/// The entries that a refusal blames.
fn collect<'c>(refusal: &Refusal<'c, '_>, entries: &mut Vec<Applied<'c>>) {
    match refusal {
        Refusal::NoAccess { by, .. } => entries.push(*by),
        Refusal::Replaced { by, .. } | Refusal::Hidden { by, .. } => entries.extend(by),
        Refusal::Token { own, owner } => {
            own.iter().for_each(|own| collect(own, entries));
            owner.iter().for_each(|(_, owner)| collect(owner, entries));
        }
        Refusal::Unknown | Refusal::NotPropagated { .. } | Refusal::Lacking { .. } | Refusal::NoEntry => {}
    }
}
