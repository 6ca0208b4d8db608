//! What the names of a statement stand for in one tree: who is meant, which privileges, and on which paths.
//!
//! A name that nobody knows is a problem, so that a misspelt statement never passes; so is one that stands for nothing.

use std::collections::BTreeSet;

use super::parse::{Claim, Statement};
use super::{Problem, Stated};
use crate::access::places::{self, Object, Objects, last, object};
use crate::access::{Access, names};
use crate::cluster::Cluster;
use crate::model::domains;
use crate::model::tables::access::{Priv, PrivSet, checked_anywhere, checked_below, checked_on, path_allowed, paths};
use crate::model::user::{ROOT, SubjectKind, UserCfg};
use crate::text::{Span, matches, nearest, printable, printable_str};
use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashMap;

/// Somebody who can have rights.
#[derive(Clone, Copy, Debug)]
pub(super) struct Who<'a> {
    pub(super) id: &'a BStr,
    /// For a token: its owner's place in the list.
    owner: Option<usize>,
}

/// A path and what is asked about there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) path: Vec<u8>,
    /// Each is a privilege, or all those of a role.
    pub(super) items: Vec<PrivSet>,
}

/// What a statement stands for.
#[derive(Clone, Debug, Default)]
pub(super) struct Resolved {
    /// Those it names, as places in [`Names::everybody`].
    pub(super) listed: Vec<usize>,
    /// Everybody who isn't named and isn't exempt; filled in only for claims about them.
    pub(super) others: Vec<usize>,
    /// No path twice.
    pub(super) targets: Vec<Target>,
}

/// The names that a tree knows.
#[derive(Debug)]
pub(super) struct Names<'q, 'c, 'a> {
    cfg: &'c UserCfg<'a>,
    pub(super) access: &'q Access<'c, 'a>,
    /// Users, then tokens.
    pub(super) everybody: Vec<Who<'a>>,
    users: FxHashMap<&'a BStr, usize>,
    tokens: FxHashMap<&'a BStr, usize>,
    places: BTreeSet<Vec<u8>>,
    objects: Objects<'q>,
}

impl<'q, 'c, 'a> Names<'q, 'c, 'a> {
    pub(super) fn of(cluster: &'q Cluster<'_>, access: &'q Access<'c, 'a>) -> Self {
        let cfg = access.cfg();
        let users = cfg.subjects.iter().filter(|subject| subject.kind == SubjectKind::User);
        let mut everybody: Vec<Who<'a>> = users.map(|user| Who { id: user.id, owner: None }).collect();
        let users: FxHashMap<_, _> = everybody.iter().enumerate().map(|(at, who)| (who.id, at)).collect();
        let owner = |token: &crate::model::user::Token<'a>| {
            cfg.users.get(token.user.index()).and_then(|user| users.get(user.id.value).copied())
        };
        everybody.extend(cfg.tokens.iter().map(|token| Who { id: token.id.value, owner: owner(token) }));
        let tokens = everybody.iter().enumerate().skip(users.len()).map(|(at, who)| (who.id, at)).collect();
        let mut places = places::known(cluster, cfg);
        let fixed = paths(cfg.release).filter(|row| !row.template.contains('{'));
        places.extend(fixed.map(|row| row.template.as_bytes().to_vec()));
        let realms = cluster.domains.iter().flat_map(|file| &file.model.realms).map(|realm| realm.name.value);
        let realms = domains::BUILTIN.iter().map(|name| BStr::new(*name)).chain(realms);
        places.extend(realms.map(|realm| [b"/access/realm/", realm.as_bytes()].concat()));
        Self { cfg, access, everybody, users, tokens, places, objects: Objects::of(cluster) }
    }

    /// How much work it is at most to look the names of a statement up.
    pub(super) fn cost(&self, statement: &Statement) -> usize {
        let subjects = statement.subjects.len().saturating_mul(self.everybody.len());
        let items = statement.privileges.names.len().saturating_mul(8);
        subjects.saturating_add(statement.paths.names.len().saturating_mul(self.places.len()).saturating_mul(items))
    }

    /// Looks every name of the statement up; what is wrong with any goes to `problems`.
    pub(super) fn resolve(&self, stated: &Stated, statement: &Statement, problems: &mut Vec<Problem>) -> Resolved {
        let mut listed = vec![false; self.everybody.len()];
        for span in &statement.subjects {
            let may_be_nobody = statement.claim == Claim::NobodyBut;
            match self.subjects(stated.part_text(*span), may_be_nobody) {
                Ok(found) => {
                    for at in found {
                        if let Some(listed) = listed.get_mut(at) {
                            *listed = true;
                        }
                    }
                }
                Err(problem) => problems.push(problem.at(*span)),
            }
        }
        let mut items = Vec::new();
        for span in &statement.privileges.names {
            match self.privileges(stated.part_text(*span)) {
                Ok(found) => {
                    for item in found {
                        if !items.contains(&item) {
                            items.push(item);
                        }
                    }
                }
                Err(problem) => problems.push(problem.at(*span)),
            }
        }
        let mut targets = Targets::default();
        for name in &statement.paths.names {
            if let Err(problem) = self.path(stated.part_text(name.span), name.below, &items, &mut targets) {
                problems.push(problem.at(name.span));
            }
        }
        let others = match statement.claim {
            Claim::Can | Claim::Cannot => Vec::new(),
            Claim::NobodyBut | Claim::Only => self.others(&listed),
        };
        let listed = listed.iter().enumerate().filter(|(_, on)| **on).map(|(at, _)| at).collect();
        Resolved { listed, others, targets: targets.list }
    }

    /// The group of `names` that `who` is listed by.
    pub(super) fn group_of(&self, stated: &Stated, statement: &Statement, who: &BStr) -> Option<&'a BStr> {
        let user = self.cfg.subject_ix(SubjectKind::User, who)?;
        let patterns = statement.subjects.iter().filter_map(|span| stated.part_text(*span).strip_prefix('@'));
        let mut groups = patterns.flat_map(|pattern| self.groups(pattern));
        groups.find(|group| group.members.iter().any(|member| member.value == user)).map(|group| group.name.value)
    }

    /// Those who aren't exempt. Exempt are who is listed and root@pam, with their tokens; of an owner with listed tokens only
    /// these, and he himself, for a token has nothing that its owner lacks.
    fn others(&self, listed: &[bool]) -> Vec<usize> {
        let is_listed = |at: usize| listed.get(at).copied().unwrap_or_default();
        let mut by_token = vec![false; self.everybody.len()];
        for (at, who) in self.everybody.iter().enumerate() {
            if let Some(owner) = who.owner.filter(|_| is_listed(at)).and_then(|owner| by_token.get_mut(owner)) {
                *owner = true;
            }
        }
        let by_token = |at: usize| by_token.get(at).copied().unwrap_or_default();
        let is_root = |at: usize| self.everybody.get(at).is_some_and(|who| who.id == ROOT);
        let exempt = |at: usize, who: &Who<'_>| match who.owner {
            None => is_listed(at) || is_root(at) || by_token(at),
            Some(owner) => is_listed(at) || ((is_listed(owner) || is_root(owner)) && !by_token(owner)),
        };
        let all = self.everybody.iter().enumerate();
        all.filter(|(at, who)| !exempt(*at, who)).map(|(at, _)| at).collect()
    }

    fn groups(&self, pattern: &str) -> impl Iterator<Item = &'c crate::model::user::Group<'a>> {
        let exact = (!pattern.contains('*')).then(|| self.cfg.group(pattern.as_bytes())).flatten();
        let all = if pattern.contains('*') { self.cfg.groups.as_slice() } else { &[] };
        exact.into_iter().chain(all.iter().filter(move |group| matches(pattern, &group.name.value.to_str_lossy())))
    }

    fn subjects(&self, name: &str, may_be_nobody: bool) -> Result<Vec<usize>, Wrong> {
        let shown = printable_str(name);
        if let Some(pattern) = name.strip_prefix('@') {
            let groups: Vec<_> = self.groups(pattern).collect();
            if groups.is_empty() && pattern.contains('*') {
                return Err(Wrong::Void(format!("no group matches {shown}")));
            }
            if groups.is_empty() {
                let known: Vec<_> = self.cfg.groups.iter().map(|group| group.name.value.to_str_lossy()).collect();
                let near = nearest(pattern, known.iter().map(AsRef::as_ref));
                let hint = near.map(|near| format!("; did you mean @{}?", printable_str(near))).unwrap_or_default();
                return Err(Wrong::Unknown(format!("there is no group {}{hint}", printable_str(pattern)), None));
            }
            let members =
                groups.iter().flat_map(|group| &group.members).map(|member| self.cfg.subject_id(member.value));
            let members: Vec<_> = members.filter_map(|id| self.users.get(id).copied()).collect();
            if members.is_empty() && !may_be_nobody {
                return Err(Wrong::Void(format!("{shown} has no members")));
            }
            return Ok(members);
        }
        if name.contains('*') {
            let of_token = name.contains('!');
            let all = self.everybody.iter().enumerate().filter(|(_, who)| who.owner.is_some() == of_token);
            let found: Vec<_> =
                all.filter(|(_, who)| matches(name, &who.id.to_str_lossy())).map(|(at, _)| at).collect();
            if found.is_empty() {
                let kind = if of_token { "token" } else { "user" };
                return Err(Wrong::Void(format!("no {kind} matches {shown}")));
            }
            return Ok(found);
        }
        let id = BStr::new(name);
        if let Some(at) = self.tokens.get(id).or_else(|| self.users.get(id)) {
            return Ok(vec![*at]);
        }
        let hint = if self.cfg.group(name.as_bytes()).is_some() {
            format!("; did you mean the group, @{shown}?")
        } else {
            let known: Vec<_> = self.everybody.iter().map(|who| who.id.to_str_lossy()).collect();
            let near = nearest(name, known.iter().map(AsRef::as_ref));
            near.map(|near| format!("; did you mean {}?", printable_str(near))).unwrap_or_default()
        };
        let kind = if name.contains('!') { "token" } else { "user" };
        Err(Wrong::Unknown(format!("there is no {kind} {shown}{hint}"), Some(name.to_owned())))
    }

    fn privileges(&self, name: &str) -> Result<Vec<PrivSet>, Wrong> {
        let release = self.cfg.release;
        if name.contains('*') {
            let all = PrivSet::all(release).iter().filter(|privilege| matches(name, privilege.name()));
            let found: Vec<_> = all.map(PrivSet::of).collect();
            let none = || Wrong::Void(format!("no privilege of {release} matches {}", printable_str(name)));
            return if found.is_empty() { Err(none()) } else { Ok(found) };
        }
        if Priv::from_name(name.as_bytes()).is_some() {
            let found = names::privilege(name, release).map_err(|why| Wrong::Unknown(why, None))?;
            return Ok(vec![PrivSet::of(found)]);
        }
        match self.cfg.role(name.as_bytes()) {
            Some(role) if role.privileges.is_empty() => {
                Err(Wrong::Void(format!("the role {} holds no privilege", printable_str(name))))
            }
            Some(role) => Ok(vec![role.privileges]),
            None => {
                let roles: Vec<_> = self.cfg.roles.iter().map(|role| role.name.to_str_lossy()).collect();
                let known: Vec<_> = PrivSet::all(release).iter().map(Priv::name).collect();
                let known = known.into_iter().chain(roles.iter().map(AsRef::as_ref));
                let hint = names::hint(name, known, "`pveum role list` shows all of them");
                let shown = printable_str(name);
                Err(Wrong::Unknown(format!("no privilege or role is called {shown}; {}", printable_str(&hint)), None))
            }
        }
    }

    /// Adds the paths that `name` stands for.
    fn path(&self, name: &str, below: bool, items: &[PrivSet], targets: &mut Targets) -> Result<(), Wrong> {
        let shown = printable_str(name);
        let nothing_there = || {
            Wrong::Void(format!(
                "PVE looks none of these privileges up on {shown}{}",
                if below { " or below" } else { "" }
            ))
        };
        if name.contains('*') {
            let found: Vec<&Vec<u8>> =
                self.places.iter().filter(|path| matches(name, &path.as_bstr().to_str_lossy())).collect();
            if found.is_empty() {
                return Err(Wrong::Void(format!("nothing that is there matches {shown}")));
            }
            let mut any = false;
            for path in found {
                if below {
                    any |= self.add_below(path, items, targets);
                } else {
                    any |= targets.add_looked_up(path, items, self.cfg);
                }
            }
            return if any || items.is_empty() { Ok(()) } else { Err(nothing_there()) };
        }
        let path = names::path(name, self.cfg.release)
            .map_err(|why| Wrong::Unknown(printable_str(&why).into_owned(), None))?;
        let path = path.as_bytes();
        if self.objects.exists(self.cfg, path) == Some(false) {
            return Err(Wrong::Unknown(self.missing(path), None));
        }
        if below {
            let any = self.add_below(path, items, targets);
            let none = || Wrong::Void(format!("nothing is below {shown} on which PVE looks these privileges up"));
            return if any || items.is_empty() { Ok(()) } else { Err(none()) };
        }
        let (on, further) = (checked_on(path, self.cfg.release), self.looked_up_below(path));
        let mut any = items.is_empty();
        for item in items {
            // The right to change an ACL is looked up everywhere.
            let special = *item - checked_anywhere();
            if special.is_empty() || special.intersects(on) || (on | further).is_empty() {
                targets.add(path, *item);
            } else if item.intersects(further) {
                targets.add(path, *item);
                self.add_below(path, std::slice::from_ref(item), targets);
            } else {
                continue;
            }
            any = true;
        }
        if any { Ok(()) } else { Err(nothing_there()) }
    }

    /// The privileges that are looked up below a path, those on the members of pools included.
    fn looked_up_below(&self, path: &[u8]) -> PrivSet {
        let release = self.cfg.release;
        let pool = path == b"/pool" || path.starts_with(b"/pool/");
        let members = checked_on(b"/vms/100", release) | checked_on(b"/storage/local", release);
        checked_below(path, release) | if pool { members } else { PrivSet::EMPTY }
    }

    /// Adds what is below `path`, a pool's members included, with those privileges that PVE looks up there.
    fn add_below(&self, path: &[u8], items: &[PrivSet], targets: &mut Targets) -> bool {
        let prefix = if path == b"/" { b"/".to_vec() } else { [path, b"/"].concat() };
        let mut any = false;
        for place in self.places.range(prefix.clone()..).take_while(|place| place.starts_with(&prefix)) {
            any |= place != path && targets.add_looked_up(place, items, self.cfg);
        }
        for pool in &self.cfg.pools {
            let on = crate::access::pool_path(pool);
            if on == path || on.starts_with(&prefix) {
                for member in places::members(pool) {
                    any |= targets.add_looked_up(&member, items, self.cfg);
                }
            }
        }
        any
    }

    fn missing(&self, path: &[u8]) -> String {
        let what = match object(path) {
            Object::Guest(vmid) => return format!("there is no guest {vmid}"),
            Object::Storage => "storage",
            Object::Pool => "pool",
            Object::Node => "node",
            Object::Realm => "realm",
            Object::Group => "group",
            Object::Other => "object",
        };
        let name = match object(path) {
            Object::Pool => path.strip_prefix(b"/pool/").unwrap_or_default(),
            _ => last(path),
        };
        let front = path.len() - name.len();
        let begin = path.get(..front).unwrap_or_default();
        let exists = |place: &&Vec<u8>| self.objects.exists(self.cfg, place) == Some(true);
        let places = self.places.iter().filter(|place| place.starts_with(begin)).filter(exists);
        let known: Vec<_> =
            places.map(|place| place.get(front..).unwrap_or_default().as_bstr().to_str_lossy()).collect();
        let near = nearest(&name.to_str_lossy(), known.iter().map(AsRef::as_ref)).map(printable_str);
        let hint = near.map(|near| format!("; did you mean {}{near}?", printable(begin))).unwrap_or_default();
        format!("there is no {what} {}{hint}", printable(name))
    }
}

/// What is wrong with a name.
enum Wrong {
    /// Nobody knows it; holds what was asked for when it could be somebody PVE dropped.
    Unknown(String, Option<String>),
    /// It stands for nothing.
    Void(String),
}

impl Wrong {
    fn at(self, span: Span) -> Problem {
        match self {
            Self::Unknown(message, subject) => Problem::Unknown { span, message, subject },
            Self::Void(message) => Problem::Void { span, message },
        }
    }
}

/// Targets as they come together.
#[derive(Debug, Default)]
struct Targets {
    list: Vec<Target>,
    places: FxHashMap<Vec<u8>, usize>,
}

impl Targets {
    fn add(&mut self, path: &[u8], item: PrivSet) {
        let next = self.list.len();
        let at = *self.places.entry(path.to_vec()).or_insert(next);
        if at == next {
            self.list.push(Target { path: path.to_vec(), items: Vec::new() });
        }
        if let Some(target) = self.list.get_mut(at)
            && !target.items.contains(&item)
        {
            target.items.push(item);
        }
    }

    /// Adds of each item what PVE looks up on the path; whether that is anything.
    fn add_looked_up(&mut self, path: &[u8], items: &[PrivSet], cfg: &UserCfg<'_>) -> bool {
        let anywhere = if path_allowed(path, cfg.release) { checked_anywhere() } else { PrivSet::EMPTY };
        let looked_up = checked_on(path, cfg.release) | anywhere;
        let mut any = false;
        for item in items.iter().map(|item| *item & looked_up).filter(|item| !item.is_empty()) {
            self.add(path, item);
            any = true;
        }
        any
    }
}
