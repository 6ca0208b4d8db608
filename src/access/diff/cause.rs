//! Which change of the file a gained or lost right comes from.
//!
//! Both directions are one question: one file, the one that *has* the right, is followed from the subject to the privilege,
//! and the first step that the other file *lacks* is the cause. When it lacks none, something in it stands in the way, and that
//! is followed back in the same manner: an ACL, a membership, a propagate flag that the first file doesn't have.

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;

use crate::access::{Access, Applied, Stop, pool_path, token_user};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, AclTree, NodeIx, SubjectKind};
use crate::text::Span;

/// One of the two files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one before.
    Old,
    /// The one after.
    New,
}

impl Side {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Old => Self::New,
            Self::New => Self::Old,
        }
    }
}

/// One change. `side` is the file that has the thing; the other one doesn't.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// A user is there, or isn't.
    User {
        /// The user.
        id: BString,
        /// Where.
        side: Side,
    },
    /// A token is there, or isn't.
    Token {
        /// The token.
        id: BString,
        /// Where.
        side: Side,
    },
    /// A token's privilege separation.
    Privsep {
        /// The token.
        token: BString,
        /// The file in which it is on.
        side: Side,
    },
    /// A group is there, or isn't.
    Group {
        /// The group, without `@`.
        name: BString,
        /// Where.
        side: Side,
    },
    /// Members of a group: [`Evidence::names`].
    Member {
        /// The group, without `@`.
        group: BString,
        /// Where they are in it.
        side: Side,
    },
    /// A role is there, or isn't.
    Role {
        /// The role.
        name: BString,
        /// Where.
        side: Side,
    },
    /// A role holds other privileges.
    RolePrivileges {
        /// The role.
        name: BString,
    },
    /// A role is given on a path. To whom: [`Evidence::names`].
    Acl {
        /// The path.
        path: BString,
        /// The role.
        role: BString,
        /// Where.
        side: Side,
    },
    /// A role is given on a path in both, and counts below it in one only. To whom: [`Evidence::names`].
    Propagate {
        /// The path.
        path: BString,
        /// The role.
        role: BString,
        /// Where it counts below.
        side: Side,
    },
    /// Guests and storages of a pool: [`Evidence::names`], as PVE's paths.
    Pool {
        /// The pool.
        pool: BString,
        /// Where they are in it.
        side: Side,
    },
    /// The releases differ in privileges, or in built-in roles.
    Release,
    /// Several changes together, none of which is the reason by itself.
    Several,
}

/// Where a cause is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// Places in the old file.
    pub old: BTreeSet<Span>,
    /// Places in the new one.
    pub new: BTreeSet<Span>,
    /// Whom or what it names, groups with `@`.
    pub names: BTreeSet<BString>,
    /// The ACLs through which it takes effect, where it isn't one itself.
    pub through: BTreeSet<Through>,
}

impl Evidence {
    /// Places in one file.
    #[must_use]
    pub const fn on(&self, side: Side) -> &BTreeSet<Span> {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    fn add(&mut self, side: Side, span: Option<Span>) {
        match side {
            Side::Old => self.old.extend(span),
            Side::New => self.new.extend(span),
        }
    }
}

/// An ACL that a right comes through, in the file that has the right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Through {
    /// The path.
    pub path: BString,
    /// The role.
    pub role: BString,
    /// To whom it is given, a group with `@`.
    pub who: BString,
    /// The file.
    pub side: Side,
    /// The line.
    pub line: Span,
    /// Whether it counts below its path.
    pub propagate: bool,
}

/// What is asked: who has what where in one file, and not in the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'q> {
    /// The file that has it.
    pub(super) has: Side,
    pub(super) subject: &'q [u8],
    pub(super) path: &'q [u8],
    /// The privileges, or those whose propagate bits.
    pub(super) privs: PrivSet,
    /// About propagate bits.
    pub(super) bits: bool,
}

/// Finds causes, and keeps them with their evidence.
#[derive(Debug)]
pub(super) struct Causes<'e, 'c, 'a> {
    old: &'e Access<'c, 'a>,
    new: &'e Access<'c, 'a>,
    numbers: FxHashMap<Cause, usize>,
    pub(super) list: Vec<(Cause, Evidence)>,
}

/// A chain under way: whose, and through which pool.
#[derive(Clone, Copy, Debug)]
struct Way<'w> {
    user: &'w [u8],
    path: &'w [u8],
    pool: Option<&'w [u8]>,
}

/// Causes by number, with the privileges that each explains.
pub(super) type Found = Vec<(usize, PrivSet)>;

impl<'e, 'c, 'a> Causes<'e, 'c, 'a> {
    pub(super) fn new(old: &'e Access<'c, 'a>, new: &'e Access<'c, 'a>) -> Self {
        Self { old, new, numbers: FxHashMap::default(), list: Vec::new() }
    }

    fn side(&self, side: Side) -> &'e Access<'c, 'a> {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    /// Explains all privileges that are asked for.
    pub(super) fn explain(&mut self, asked: Asked<'_>) -> Found {
        let mut found = Found::new();
        let (has, lacks) = (self.side(asked.has), self.side(asked.has.other()));
        let gone = asked.privs - PrivSet::all(lacks.cfg.release);
        if !gone.is_empty() {
            self.note(&mut found, Cause::Release, gone, |_| {});
        }
        let asked = Asked { privs: asked.privs - gone, ..asked };
        let id = asked.subject;
        let Some(token) = has.cfg.token(id) else {
            let user = has.cfg.user(id);
            if let Some(user) = user
                && lacks.cfg.subject_ix(SubjectKind::User, id).is_none()
            {
                let cause = Cause::User { id: id.into(), side: asked.has };
                self.note(&mut found, cause, asked.privs, |evidence| evidence.add(asked.has, user.line));
                self.through(asked, SubjectKind::User, id, &found);
                return found;
            }
            self.chain(asked, SubjectKind::User, id, &mut found);
            return found;
        };
        let owner = token_user(token);
        let Some(other) = lacks.cfg.token(id) else {
            let cause = Cause::Token { id: id.into(), side: asked.has };
            self.note(&mut found, cause, asked.privs, |evidence| evidence.add(asked.has, Some(token.line)));
            let (kind, whose) = if token.privsep.value { (SubjectKind::Token, id) } else { (SubjectKind::User, owner) };
            self.through(asked, kind, whose, &found);
            return found;
        };
        // What the token itself doesn't have in the other file, where it would need it.
        let missing = if other.privsep.value {
            let own = lacks.own(Some(other.subject), &lacks.look_up(asked.path)).answer();
            asked.privs - if asked.bits { own.propagate } else { own.privs }
        } else {
            PrivSet::EMPTY
        };
        if !missing.is_empty() {
            if token.privsep.value {
                self.chain(Asked { privs: missing, ..asked }, SubjectKind::Token, id, &mut found);
            } else {
                let cause = Cause::Privsep { token: id.into(), side: asked.has.other() };
                self.note(&mut found, cause, missing, |evidence| {
                    evidence.add(asked.has, Some(token.line));
                    evidence.add(asked.has.other(), Some(other.line));
                });
                self.through(Asked { privs: missing, ..asked }, SubjectKind::User, owner, &found);
            }
        }
        self.chain(Asked { privs: asked.privs - missing, ..asked }, SubjectKind::User, owner, &mut found);
        found
    }

    /// Follows the chains of a subject's own rights, without regard to a token's owner.
    fn chain(&mut self, asked: Asked<'_>, kind: SubjectKind, id: &[u8], found: &mut Found) {
        let (has, lacks) = (self.side(asked.has), self.side(asked.has.other()));
        let mut rest = asked.privs;
        for (way, entry, inherited, gives) in ways(has, asked, kind, id) {
            let gives = gives & rest;
            if gives.is_empty() {
                continue;
            }
            rest -= gives;
            let through = through(has, asked.has, entry.entry);
            if let Some((cause, evidence)) = self.missing(asked.has, way, &entry, inherited || asked.bits) {
                let is_acl = matches!(cause, Cause::Acl { .. } | Cause::Propagate { .. });
                self.note(found, cause, gives, |known| {
                    known.merge(evidence);
                    known.through.extend((!is_acl).then_some(through));
                });
                continue;
            }
            // The other file has every step. Either the role holds less there ...
            let name = has.cfg.role_name(entry.entry.role);
            let here = has.cfg.role(name);
            let there = lacks.cfg.role(name);
            let less = gives - there.map(|role| role.privileges).unwrap_or_default();
            let builtin =
                |role: Option<&crate::model::user::Role<'_>>| role.and_then(|role| role.builtin).unwrap_or_default();
            let by_release = less & (builtin(here) - builtin(there));
            if !by_release.is_empty() {
                self.note(found, Cause::Release, by_release, |known| {
                    known.through.insert(through.clone());
                });
            }
            let by_role = less - by_release;
            if !by_role.is_empty() {
                let listed = here.iter().flat_map(|role| &role.listed).filter(|one| by_role.contains(one.value));
                let listed: Vec<Span> = listed.map(|listed| listed.span).collect();
                self.note(found, Cause::RolePrivileges { name: name.into() }, by_role, |known| {
                    for span in listed {
                        known.add(asked.has, Some(span));
                    }
                    known.add(asked.has.other(), there.and_then(|role| role.line));
                    known.through.insert(through.clone());
                });
            }
            // ... or something stands in the way.
            let blocked = gives - less;
            if !blocked.is_empty() {
                let (cause, evidence) =
                    self.in_the_way(asked, kind, id, way).unwrap_or((Cause::Several, Evidence::default()));
                self.note(found, cause, blocked, |known| {
                    known.merge(evidence);
                    known.through.insert(through);
                });
            }
        }
        if !rest.is_empty() {
            self.note(found, Cause::Several, rest, |_| {});
        }
    }

    /// The first step of a chain of `side` that the other file lacks.
    fn missing(&self, side: Side, way: Way<'_>, applied: &Applied<'_>, below: bool) -> Option<(Cause, Evidence)> {
        let (has, lacks) = (self.side(side), self.side(side.other()));
        let entry = applied.entry;
        let subject = has.cfg.subject(entry.subject)?;
        let (path, role) = (has.cfg.tree.path(entry.node), has.cfg.role_name(entry.role));
        let mut evidence = Evidence::default();
        let group = (subject.kind == SubjectKind::Group).then_some(subject.id);
        if let Some(name) = group
            && let Some(here) = has.cfg.group(name)
            && lacks.cfg.group(name).is_none()
        {
            evidence.add(side, Some(here.line));
            return Some((Cause::Group { name: name.into(), side }, evidence));
        }
        let there = lacks.cfg.subject_ix(subject.kind, subject.id);
        let same = there.zip(node(&lacks.cfg.tree, &path)).and_then(|(subject, node)| {
            lacks.entries_on(subject, node).find(|entry| lacks.cfg.role_name(entry.role) == role)
        });
        let Some(same) = same else {
            evidence.add(side, Some(entry.line));
            if lacks.cfg.role(role).is_none() {
                let here = has.cfg.role(role);
                if here.is_some_and(|role| role.builtin.is_some()) {
                    return Some((Cause::Release, evidence));
                }
                evidence.add(side, here.and_then(|role| role.line));
                return Some((Cause::Role { name: role.into(), side }, evidence));
            }
            evidence.names.insert(shown(subject.kind, subject.id));
            return Some((Cause::Acl { path, role: role.into(), side }, evidence));
        };
        if below && entry.propagate && !same.propagate {
            evidence.add(side, Some(entry.line));
            evidence.add(side.other(), Some(same.line));
            evidence.names.insert(shown(subject.kind, subject.id));
            return Some((Cause::Propagate { path, role: role.into(), side }, evidence));
        }
        if let (Some(span), Some(group)) = (applied.member, group) {
            let user = lacks.cfg.subject_ix(SubjectKind::User, way.user);
            let there = lacks.cfg.group(group);
            let is_member = user.zip(there).is_some_and(|(user, group)| lacks.groups_of(user).contains(&group.subject));
            if !is_member {
                evidence.add(side, Some(span));
                evidence.add(side.other(), there.map(|group| group.line));
                evidence.names.insert(way.user.into());
                return Some((Cause::Member { group: group.into(), side }, evidence));
            }
        }
        let pool = way.pool?;
        if lacks.pools_of(way.path).any(|there| there.name.value == pool) {
            return None;
        }
        Some((Cause::Pool { pool: pool.into(), side }, evidence))
    }

    /// What keeps a right that comes on `way` from the subject in the file that lacks it, and isn't in the other.
    fn in_the_way(&self, asked: Asked<'_>, kind: SubjectKind, id: &[u8], way: Way<'_>) -> Option<(Cause, Evidence)> {
        let side = asked.has.other();
        let lacks = self.side(side);
        let subject = lacks.cfg.subject_ix(kind, id)?;
        let direct = Way { pool: None, ..way };
        let mut walks = vec![(direct, lacks.trace(subject, way.path))];
        for pool in lacks.pools_of(way.path) {
            let stops = lacks.trace(subject, &pool_path(pool));
            walks.push((Way { pool: Some(pool.name.value), ..way }, stops));
        }
        // NoAccess counts wherever it comes from; anything else only on the same way.
        let candidates = walks.iter().map(|walk| (walk, true)).chain(walks.iter().map(|walk| (walk, false)));
        for ((walk, stops), denying) in candidates {
            let Some(stop) = stops.iter().rev().find(|stop| !stop.applied.is_empty()) else { continue };
            if !denying && walk.pool != way.pool {
                continue;
            }
            let counts = |applied: &&Applied<'_>| !denying || denies(lacks, applied);
            let mut missing = stop.applied.iter().filter(counts);
            if let Some(found) = missing.find_map(|applied| self.missing(side, *walk, applied, !stop.last)) {
                return Some(found);
            }
        }
        None
    }

    /// Notes the ACLs behind rights whose cause isn't an ACL, once it is found.
    fn through(&mut self, asked: Asked<'_>, kind: SubjectKind, id: &[u8], found: &Found) {
        let has = self.side(asked.has);
        let all: Vec<Through> = ways(has, asked, kind, id)
            .into_iter()
            .filter(|(.., gives)| gives.intersects(asked.privs))
            .map(|(_, applied, ..)| through(has, asked.has, applied.entry))
            .collect();
        for (cause, _) in found {
            if let Some((cause, evidence)) = self.list.get_mut(*cause)
                && !matches!(cause, Cause::Release)
            {
                evidence.through.extend(all.iter().cloned());
            }
        }
    }

    /// Adds the members that pools have in one file only; a right was explained for one of each kind.
    pub(super) fn name_pool_members(&mut self) {
        let (old, new) = (self.old, self.new);
        for (cause, evidence) in &mut self.list {
            let Cause::Pool { pool, side } = cause else { continue };
            let (has, lacks) = if *side == Side::Old { (old, new) } else { (new, old) };
            evidence.add(side.other(), lacks.cfg.pool(pool).and_then(|pool| pool.line));
            let Some(here) = has.cfg.pool(pool) else { continue };
            let vms = here.vms.iter().map(|vm| ([b"/vms/", vm.name.as_bytes()].concat(), vm.span));
            let storage = here.storage.iter().map(|one| ([b"/storage/", one.value.as_bytes()].concat(), one.span));
            for (path, span) in vms.chain(storage) {
                if lacks.pools_of(&path).all(|there| there.name.value != *pool) {
                    evidence.add(*side, Some(span));
                    evidence.names.insert(path.into());
                }
            }
        }
    }

    fn note(&mut self, found: &mut Found, cause: Cause, privs: PrivSet, note: impl FnOnce(&mut Evidence)) {
        if privs.is_empty() {
            return;
        }
        let next = self.list.len();
        let number = *self.numbers.entry(cause.clone()).or_insert(next);
        if number == next {
            self.list.push((cause, Evidence::default()));
        }
        if let Some((_, evidence)) = self.list.get_mut(number) {
            note(evidence);
        }
        match found.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known)) => *known |= privs,
            None => found.push((number, privs)),
        }
    }
}

impl Evidence {
    fn merge(&mut self, other: Self) {
        self.old.extend(other.old);
        self.new.extend(other.new);
        self.names.extend(other.names);
        self.through.extend(other.through);
    }
}

/// Every entry that gives the subject anything, with the way it comes, whether it is inherited, and what it gives.
fn ways<'w, 'c, 'a>(
    access: &Access<'c, 'a>,
    asked: Asked<'w>,
    kind: SubjectKind,
    id: &'w [u8],
) -> Vec<(Way<'w>, Applied<'c>, bool, PrivSet)>
where
    'c: 'w,
    'a: 'w,
{
    let Some(subject) = access.cfg.subject_ix(kind, id) else { return Vec::new() };
    let deciding = |stops: Vec<Stop<'c>>| stops.into_iter().rev().find(|stop| !stop.applied.is_empty());
    let mut stops: Vec<(Option<&'w [u8]>, Stop<'c>)> = Vec::new();
    stops.extend(deciding(access.trace(subject, asked.path)).map(|stop| (None, stop)));
    let denied = |stop: &Stop<'c>| stop.applied.iter().any(|applied| denies(access, applied));
    let direct_denied = stops.iter().any(|(_, stop)| denied(stop));
    // Pools never propagate, and add nothing to NoAccess.
    if !asked.bits && !direct_denied {
        for pool in access.pools_of(asked.path) {
            let stop = deciding(access.trace(subject, &pool_path(pool)));
            stops.extend(stop.map(|stop| (Some(&**pool.name.value), stop)));
        }
    }
    let any_denied = stops.iter().any(|(_, stop)| denied(stop));
    let mut found = Vec::new();
    for (pool, stop) in &stops {
        for applied in stop.applied.iter().filter(|applied| !any_denied || denies(access, applied)) {
            let gives = access.cfg.role_at(applied.entry.role).map(|role| role.privileges).unwrap_or_default();
            if !asked.bits || applied.entry.propagate {
                found.push((Way { user: id, path: asked.path, pool: *pool }, *applied, !stop.last, gives));
            }
        }
    }
    found
}

fn denies(access: &Access<'_, '_>, applied: &Applied<'_>) -> bool {
    access.cfg.role_at(applied.entry.role).is_some_and(|role| role.is_no_access())
}

fn through(access: &Access<'_, '_>, side: Side, entry: &AclEntry) -> Through {
    let subject = access.cfg.subject(entry.subject);
    Through {
        path: access.cfg.tree.path(entry.node),
        role: access.cfg.role_name(entry.role).into(),
        who: subject.map(|subject| shown(subject.kind, subject.id)).unwrap_or_default(),
        side,
        line: entry.line,
        propagate: entry.propagate,
    }
}

/// A subject as ACL lines name it.
pub(super) fn shown(kind: SubjectKind, id: &[u8]) -> BString {
    if kind == SubjectKind::Group { [b"@", id].concat().into() } else { id.into() }
}

/// The node of a path that the other file's tree has.
fn node(tree: &AclTree<'_>, path: &[u8]) -> Option<NodeIx> {
    let mut parts = path.split(|&byte| byte == b'/').filter(|part| !part.is_empty());
    parts.try_fold(AclTree::ROOT, |node, name| tree.child(node, name))
}
