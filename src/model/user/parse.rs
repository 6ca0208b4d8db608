//! Reads `user.cfg`, entry by entry, as `parse_user_config` in pve-access-control does.

mod acl;
mod fields;

use self::fields::{Fields, digits, is_true, number, perl_int};
use super::acl::{AclTree, Subject, SubjectKind};
use super::events::{Dropped, EntryType, Flag, NoToken, Quirk, QuirkKind, Reason, UnknownLine};
use super::grouped::Grouped;
use super::ids::{ROOT, check_user, is_group_or_role, is_pool, is_storage, split_token, unlistable};
use super::{
    Details, Group, GroupIx, NodeIx, Pool, PoolIx, PoolVm, Role, RoleIx, SubjectIx, Token, TokenIx, User, UserCfg,
    UserIx,
};
use crate::model::tables::access::{Priv, builtin_role, builtin_roles};
use crate::model::text::decode;
use crate::release::Release;
use crate::syntax::colon::{self, Blanks, Field, Line, Lists};
use crate::text::{Located, Span};
use bstr::{BStr, ByteSlice};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::hash_map::Entry;

/// Which bytes separate list items in this release: pve-common 9.1.17 added two.
#[must_use]
pub const fn list_blanks(release: Release) -> Blanks {
    match release {
        Release::Pve7 | Release::Pve8 => Blanks::Ascii,
        _ => Blanks::Latin1,
    }
}

pub(super) fn parse(text: &[u8], release: Release) -> UserCfg<'_> {
    let mut reader = Reader::new(text, release);
    let mut blank = true;
    for line in colon::lines(text).filter(|line| !line.content.value.is_empty()) {
        blank = false;
        reader.line(&line);
    }
    // The expression that finds lines has to match one character that isn't LF, so white space that is the whole file is a
    // line with its last such character.
    if blank && let Some(at) = text.iter().rposition(|&byte| byte != b'\n') {
        reader.at = Span::new(at, at + 1);
        reader.drop(reader.at, Reason::Line(UnknownLine::Blank));
    }
    reader.finish()
}

/// What the user line at `line` says beside what [`User`] holds.
pub(super) fn details<'a>(cfg: &UserCfg<'a>, line: Span) -> Details<'a> {
    let fields = Fields::at(line, cfg.text);
    let text = |nth| {
        let field = fields.located(nth);
        is_true(field.value).then(|| field.map(|text| decode(text, cfg.release).text))
    };
    let keys = Some(fields.located(8)).filter(|keys| is_true(keys.value));
    Details { firstname: text(4), lastname: text(5), email: fields.present(6), comment: text(7), keys }
}

/// Bytes of a line, roughly. Each list has room for about as much as a file of nothing else holds: what grows is copied again and
/// again, and memory that nobody touches costs nothing.
const ACL_LINE: usize = 56;
const USER_LINE: usize = 80;
const TOKEN_LINE: usize = 48;

struct Reader<'a> {
    cfg: UserCfg<'a>,
    lists: Lists,
    /// The line being read.
    at: Span,
    /// Tokens that still exist; [`UserCfg::tokens`] also holds the wiped ones until the end.
    wiped: FxHashMap<SubjectIx, NoToken>,
    gone: Vec<bool>,
    members: FxHashSet<(GroupIx, SubjectIx)>,
    storages: FxHashSet<(PoolIx, &'a [u8])>,
    /// The nodes of ACL paths, by the path where that is written as PVE writes it: a file has several ACLs on most of its paths.
    nodes: FxHashMap<&'a [u8], NodeIx>,
    /// Pairs of subject and role looked at; bounds the work that one hostile line can make.
    pairs: usize,
    /// The roles and the subjects of the last ACL line, for their memory.
    items: [Vec<Located<&'a [u8]>>; 2],
}

impl<'a> Reader<'a> {
    fn new(text: &'a [u8], release: Release) -> Self {
        let mut reader = Self {
            cfg: UserCfg {
                release,
                text,
                users: Vec::new(),
                tokens: Vec::new(),
                groups: Vec::new(),
                roles: Vec::new(),
                pools: Vec::new(),
                acl: Vec::new(),
                acl_of: Grouped::default(),
                acl_lines: Vec::new(),
                tree: AclTree::default(),
                subjects: Vec::new(),
                dropped: Vec::new(),
                quirks: Vec::new(),
                subject_of: FxHashMap::default(),
                role_of: FxHashMap::default(),
                pool_of: FxHashMap::default(),
                vm_pool: FxHashMap::default(),
            },
            lists: Lists::of(text, list_blanks(release)),
            at: Span::default(),
            wiped: FxHashMap::default(),
            gone: Vec::new(),
            members: FxHashSet::default(),
            storages: FxHashSet::default(),
            nodes: FxHashMap::default(),
            pairs: 0,
            items: [Vec::new(), Vec::new()],
        };
        reader.cfg.acl.reserve(text.len() / ACL_LINE);
        reader.cfg.users.reserve(text.len() / USER_LINE);
        reader.cfg.tokens.reserve(text.len() / TOKEN_LINE);
        reader.cfg.subjects.reserve(text.len() / TOKEN_LINE);
        for (name, privileges) in builtin_roles(release) {
            let name = name.as_bytes().as_bstr();
            reader.role(name, Role { name, privileges, builtin: Some(privileges), line: None, listed: Vec::new() });
        }
        let subject = reader.subject(SubjectKind::User, ROOT);
        reader.set_user(User {
            id: Located::new(ROOT.as_bstr(), Span::default()),
            line: None,
            enable: Located::new(true, Span::default()),
            expire: Located::new(0, Span::default()),
            groups: Vec::new(),
            tokens: Vec::new(),
            subject,
        });
        reader
    }

    fn drop(&mut self, span: Span, reason: Reason<'a>) {
        self.cfg.dropped.push(Dropped { span, line: self.at, reason });
    }

    fn quirk(&mut self, span: Span, what: QuirkKind<'a>) {
        self.cfg.quirks.push(Quirk { span, line: self.at, what });
    }

    fn line(&mut self, line: &Line<'a>) {
        self.at = line.content.span;
        let fields = Fields::new(line);
        let (entry, used, name) = match EntryType::from_name(fields.get(0).text) {
            Some(entry @ EntryType::User) => (entry, 9, self.user(&fields)),
            Some(entry @ EntryType::Token) => (entry, 5, self.token(&fields)),
            Some(entry @ EntryType::Group) => (entry, 4, self.group(&fields)),
            Some(entry @ EntryType::Role) => (entry, 3, self.role_line(&fields)),
            Some(entry @ EntryType::Acl) => (entry, 5, self.acl(&fields)),
            Some(entry @ EntryType::Pool) => (entry, 5, self.pool(&fields)),
            None => {
                let kind = unknown_line(line.content.value, fields.get(0).text);
                return self.drop(line.content.span, Reason::Line(kind));
            }
        };
        if let (Some(name), Some(surplus)) = (name, fields.from(used)) {
            let text_possible = !matches!(entry, EntryType::Role | EntryType::Acl);
            self.quirk(surplus, QuirkKind::Surplus { entry, name, text_possible });
        }
    }

    /// The subject of this kind and name; `id` must be of the file, or static.
    fn subject(&mut self, kind: SubjectKind, id: &'a [u8]) -> SubjectIx {
        let next = SubjectIx::new(self.cfg.subjects.len());
        let ix = *self.cfg.subject_of.entry((kind == SubjectKind::Group, id)).or_insert(next);
        if ix == next {
            self.cfg.subjects.push(Subject { kind, id: id.as_bstr(), record: None });
        }
        ix
    }

    fn record(&self, ix: SubjectIx) -> Option<u32> {
        self.cfg.subject(ix).and_then(|subject| subject.record)
    }

    fn set_record(&mut self, ix: SubjectIx, record: Option<u32>) {
        if let Some(subject) = self.cfg.subjects.get_mut(ix.index()) {
            subject.record = record;
        }
    }

    fn role(&mut self, name: &'a BStr, new: Role<'a>) -> RoleIx {
        let next = RoleIx::new(self.cfg.roles.len());
        let ix = *self.cfg.role_of.entry(name).or_insert(next);
        if ix == next {
            self.cfg.roles.push(new);
        }
        ix
    }

    /// Puts the user in place of the one that had its id; returns that one.
    fn set_user(&mut self, user: User<'a>) -> Option<User<'a>> {
        match self.record(user.subject) {
            Some(at) => self.cfg.users.get_mut(at as usize).map(|slot| std::mem::replace(slot, user)),
            None => {
                let at = UserIx::new(self.cfg.users.len());
                self.set_record(user.subject, Some(at.0));
                self.cfg.users.push(user);
                None
            }
        }
    }

    fn flag(&mut self, field: Field<'a>, flag: Flag, of: &'a BStr) -> Located<bool> {
        match field.text {
            b"" => self.quirk(self.at, QuirkKind::FlagMissing { flag, of }),
            b"0" | b"1" => {}
            written => self.quirk(field.span, QuirkKind::FlagTrue { flag, of, written: written.as_bstr() }),
        }
        Located::new(is_true(field.text), field.span)
    }

    /// `None` for anything but digits.
    fn expire(&mut self, field: Field<'a>, of: &'a BStr) -> Option<Located<u64>> {
        if !is_true(field.text) {
            return Some(Located::new(0, field.span));
        }
        if !digits(field.text) {
            return None;
        }
        let value = number(field.text).unwrap_or_else(|| {
            self.quirk(field.span, QuirkKind::ExpireHuge { of });
            u64::MAX
        });
        Some(Located::new(value, field.span))
    }

    fn text(&mut self, field: Field<'a>, entry: EntryType, of: &'a BStr) -> Option<Located<Cow<'a, str>>> {
        if !is_true(field.text) {
            if !field.text.is_empty() {
                self.quirk(field.span, QuirkKind::TextZero { entry, of });
            }
            return None;
        }
        let decoded = decode(field.text, self.cfg.release);
        if decoded.stray_percent {
            self.quirk(field.span, QuirkKind::TextPercent { entry, of });
        }
        if decoded.not_utf8 {
            self.quirk(field.span, QuirkKind::TextBytes { entry, of });
        }
        Some(Located::new(decoded.text, field.span))
    }

    /// [`Reader::text`] for a text that nobody keeps.
    fn check_text(&mut self, field: Field<'a>, entry: EntryType, of: &'a BStr) {
        let plain = field.text != b"0" && field.text.iter().all(|&byte| byte.is_ascii() && byte != b'%');
        if !plain {
            self.text(field, entry, of);
        }
    }

    /// The items of a list; notes what is odd about it.
    fn list(
        &mut self,
        field: Field<'a>,
        entry: EntryType,
        of: &'a BStr,
    ) -> impl Iterator<Item = Located<&'a [u8]>> + use<'a> {
        if self.lists.unusual() {
            self.check_list(field, entry, of);
        }
        self.lists.items(field)
    }

    fn check_list(&mut self, field: Field<'a>, entry: EntryType, of: &'a BStr) {
        if self.lists.only_nul(field) {
            self.quirk(field.span, QuirkKind::Nul { entry, of });
        }
        for item in self.lists.torn(field) {
            self.quirk(item.span, QuirkKind::Torn { entry, of, item: item.value.as_bstr() });
        }
    }

    fn user(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let id = fields.located(1);
        if let Err(fault) = check_user(id.value) {
            self.drop(id.span, Reason::UserId { id: id.value, fault });
            return None;
        }
        let Some(expire) = self.expire(fields.get(3), id.value) else {
            let expire = fields.located(3);
            self.drop(expire.span, Reason::UserExpire { id: id.value, expire: expire.value });
            return None;
        };
        let enable = self.flag(fields.get(2), Flag::Enable, id.value);
        if let Some(byte) = unlistable(id.value, list_blanks(self.cfg.release)) {
            self.quirk(id.span, QuirkKind::Unlistable { user: id.value, byte });
        }
        let keys = Some(fields.located(8)).filter(|keys| is_true(keys.value));
        if let Some(keys) = keys {
            let before = fields.get(8).whole.start < keys.span.start;
            // What the API lets through (pve-access-control, `API2/User.pm`), and separators for the lists of old.
            let known =
                |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'=' | b',' | b';' | b' ' | b'-');
            if before || !keys.value.iter().all(known) {
                self.quirk(keys.span, QuirkKind::Keys { user: id.value, keys: keys.value });
            }
        }
        for text in [4, 5, 7] {
            self.check_text(fields.get(text), EntryType::User, id.value);
        }
        let subject = self.subject(SubjectKind::User, id.value);
        let user = User { id, line: Some(self.at), enable, expire, groups: Vec::new(), tokens: Vec::new(), subject };
        if let Some(before) = self.set_user(user) {
            let wiped = self.wipe(&before.tokens);
            if before.line.is_some() || !wiped.is_empty() {
                self.quirk(id.span, QuirkKind::UserAgain { user: id.value, first: before.line, wiped });
            }
        }
        Some(id.value)
    }

    /// Takes tokens out; returns their ids and lines.
    fn wipe(&mut self, tokens: &[TokenIx]) -> Vec<Located<&'a BStr>> {
        let mut wiped = Vec::with_capacity(tokens.len());
        for ix in tokens {
            let Some(token) = self.cfg.tokens.get(ix.index()) else { continue };
            let (subject, id, line) = (token.subject, token.id.value, token.line);
            self.set_record(subject, None);
            self.wiped.insert(subject, NoToken::Wiped { defined: line, by: self.at });
            if let Some(gone) = self.gone.get_mut(ix.index()) {
                *gone = true;
            }
            wiped.push(Located::new(id, line));
        }
        wiped
    }

    fn token(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let id = fields.located(1);
        let (user_id, name) = match split_token(id.value) {
            Ok((user, name)) => (user.as_bstr(), name.as_bstr()),
            Err(fault) => {
                self.drop(id.span, Reason::TokenId { id: id.value, fault });
                return None;
            }
        };
        let Some(expire) = self.expire(fields.get(2), id.value) else {
            let expire = fields.located(2);
            self.drop(expire.span, Reason::TokenExpire { id: id.value, expire: expire.value });
            return None;
        };
        let Some(user) = self.cfg.user_ix(user_id) else {
            self.drop(id.span, Reason::TokenUser { id: id.value, user: user_id, later: None });
            return None;
        };
        let privsep = self.flag(fields.get(3), Flag::Privsep, id.value);
        let comment = self.text(fields.get(4), EntryType::Token, id.value);
        let subject = self.subject(SubjectKind::Token, id.value);
        let known = self.record(subject).and_then(|at| self.cfg.tokens.get_mut(at as usize));
        if let Some(token) = known {
            let first = std::mem::replace(&mut token.line, self.at);
            (token.id, token.expire, token.privsep) = (id, expire, privsep);
            if comment.is_some() {
                token.comment = comment;
            }
            self.quirk(id.span, QuirkKind::TokenAgain { token: id.value, first });
        } else {
            let ix = TokenIx::new(self.cfg.tokens.len());
            self.set_record(subject, Some(ix.0));
            self.cfg.tokens.push(Token { id, name, user, line: self.at, expire, privsep, comment, subject });
            self.gone.push(false);
            if let Some(owner) = self.cfg.users.get_mut(user.index()) {
                owner.tokens.push(ix);
            }
        }
        Some(id.value)
    }

    fn group(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let name = fields.located(1);
        if !is_group_or_role(name.value) {
            self.drop(name.span, Reason::GroupName { name: name.value });
            return None;
        }
        let subject = self.subject(SubjectKind::Group, name.value);
        let ix = match self.record(subject) {
            Some(at) => {
                let first = self.cfg.groups.get(at as usize).map(|group| group.line).unwrap_or_default();
                self.quirk(name.span, QuirkKind::Again { entry: EntryType::Group, name: name.value, first });
                GroupIx(at)
            }
            None => {
                let ix = GroupIx::new(self.cfg.groups.len());
                self.set_record(subject, Some(ix.0));
                self.cfg.groups.push(Group { name, line: self.at, members: Vec::new(), comment: None, subject });
                ix
            }
        };
        let comment = self.text(fields.get(3), EntryType::Group, name.value);
        if let (Some(_), Some(group)) = (&comment, self.cfg.groups.get_mut(ix.index())) {
            group.comment = comment;
        }
        for member in self.list(fields.get(2), EntryType::Group, name.value) {
            let id = member.value.as_bstr();
            let subject = match self.cfg.subject_ix(SubjectKind::User, id) {
                Some(known) => known,
                None => match check_user(id) {
                    Ok(()) => self.subject(SubjectKind::User, id),
                    Err(fault) => {
                        self.drop(member.span, Reason::MemberId { group: name.value, member: id, fault });
                        continue;
                    }
                },
            };
            match self.record(subject).and_then(|at| self.cfg.users.get_mut(at as usize)) {
                Some(user) if user.groups.last() != Some(&ix) => user.groups.push(ix),
                Some(_) => {}
                None => self.drop(member.span, Reason::MemberUnknown { group: name.value, member: id, later: None }),
            }
            if self.members.insert((ix, subject))
                && let Some(group) = self.cfg.groups.get_mut(ix.index())
            {
                group.members.push(Located::new(subject, member.span));
            }
        }
        Some(name.value)
    }

    fn role_line(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let name = fields.located(1);
        if !is_group_or_role(name.value) {
            self.drop(name.span, Reason::RoleName { name: name.value });
            return None;
        }
        let name = name.value;
        let new = Role { name, privileges: Default::default(), builtin: None, line: None, listed: Vec::new() };
        let ix = self.role(name, new);
        let mut added = Vec::new();
        let mut has = self.cfg.role_at(ix).map(|role| role.privileges).unwrap_or_default();
        let before = has;
        for item in self.list(fields.get(2), EntryType::Role, name) {
            match Priv::in_release(item.value, self.cfg.release) {
                Some(privilege) if has.insert(privilege) => added.push(Located::new(privilege, item.span)),
                Some(_) => {}
                None => self.drop(item.span, Reason::Privilege { role: name, privilege: item.value.as_bstr() }),
            }
        }
        let mut first = None;
        if let Some(role) = self.cfg.roles.get_mut(ix.index()) {
            role.privileges = has;
            role.listed.append(&mut added);
            first = role.line;
            role.line = first.or(Some(self.at));
        }
        let span = fields.located(1).span;
        if builtin_role(name, self.cfg.release).is_some() {
            self.quirk(span, QuirkKind::BuiltinRole { role: name, added: has - before });
        } else if let Some(first) = first {
            self.quirk(span, QuirkKind::Again { entry: EntryType::Role, name, first });
        }
        Some(name)
    }

    fn pool(&mut self, fields: &Fields<'a>) -> Option<&'a BStr> {
        let name = fields.located(1);
        if !is_pool(name.value, self.cfg.release) {
            let valid_later = is_pool(name.value, Release::Pve9);
            self.drop(name.span, Reason::PoolName { name: name.value, valid_later });
            return None;
        }
        let ix = self.pool_named(name);
        let first = self.cfg.pools.get_mut(ix.index()).and_then(|pool| {
            let first = pool.line;
            if first.is_none() {
                (pool.line, pool.name) = (Some(self.at), name);
            }
            first
        });
        if let Some(first) = first {
            self.quirk(name.span, QuirkKind::Again { entry: EntryType::Pool, name: name.value, first });
        }
        self.link_pool(ix);
        let comment = self.text(fields.get(2), EntryType::Pool, name.value);
        if let (Some(_), Some(pool)) = (&comment, self.cfg.pools.get_mut(ix.index())) {
            pool.comment = comment;
        }
        for item in self.list(fields.get(3), EntryType::Pool, name.value) {
            self.pool_vm(ix, name.value, item);
        }
        for item in self.list(fields.get(4), EntryType::Pool, name.value) {
            let id = item.value.as_bstr();
            if !is_storage(id) {
                self.drop(item.span, Reason::PoolStorage { pool: name.value, storage: id });
            } else if self.storages.insert((ix, item.value))
                && let Some(pool) = self.cfg.pools.get_mut(ix.index())
            {
                pool.storage.push(Located::new(id, item.span));
            }
        }
        Some(name.value)
    }

    fn pool_named(&mut self, name: Located<&'a BStr>) -> PoolIx {
        let next = PoolIx::new(self.cfg.pools.len());
        let ix = *self.cfg.pool_of.entry(name.value).or_insert(next);
        if ix == next {
            self.cfg.pools.push(Pool {
                name,
                line: None,
                comment: None,
                vms: Vec::new(),
                storage: Vec::new(),
                parent: None,
                children: Vec::new(),
            });
        }
        ix
    }

    /// Makes the ancestors that a nested pool has no line for yet. At most two, as names have three levels.
    fn link_pool(&mut self, mut ix: PoolIx) {
        while let Some(pool) = self.cfg.pools.get(ix.index())
            && pool.parent.is_none()
            && let Some(parent_name) = pool.parent_name()
        {
            let start = pool.name.span.start as usize;
            let parent = self.pool_named(Located::new(parent_name, Span::new(start, start + parent_name.len())));
            if let Some(pool) = self.cfg.pools.get_mut(ix.index()) {
                pool.parent = Some(parent);
            }
            if let Some(pool) = self.cfg.pools.get_mut(parent.index()) {
                pool.children.push(ix);
            }
            ix = parent;
        }
    }

    fn pool_vm(&mut self, ix: PoolIx, pool: &'a BStr, item: Located<&'a [u8]>) {
        let written = item.value.as_bstr();
        if !digits(written) {
            return self.drop(item.span, Reason::PoolVmid { pool, vmid: written });
        }
        let (vmid, name) = perl_int(item.value);
        let next = self.cfg.pools.get(ix.index()).map_or(0, |pool| pool.vms.len());
        match self.cfg.vm_pool.entry(name.clone()) {
            Entry::Occupied(known) => {
                let (first_pool, at) = *known.get();
                let first_pool = self.cfg.pools.get(first_pool.index());
                let first = first_pool.and_then(|pool| pool.vms.get(at as usize)).map(|vm| vm.span).unwrap_or_default();
                let first_pool = first_pool.map_or(pool, |pool| pool.name.value);
                let vmid = name.into_owned();
                return self.drop(item.span, Reason::PoolVmidTaken { pool, vmid, first_pool, first });
            }
            Entry::Vacant(slot) => slot.insert((ix, u32::try_from(next).unwrap_or(u32::MAX))),
        };
        if *name != *written {
            self.quirk(item.span, QuirkKind::VmidForm { pool, written, vmid });
        }
        if let Some(pool) = self.cfg.pools.get_mut(ix.index()) {
            pool.vms.push(PoolVm { vmid, name, span: item.span });
        }
    }

    fn finish(mut self) -> UserCfg<'a> {
        self.forget_wiped();
        for user in &mut self.cfg.users {
            user.groups.sort_unstable();
            user.groups.dedup();
        }
        self.unite_repeated();
        for at in 0..self.cfg.acl.len() {
            let Some(&entry) = self.cfg.acl.get(at) else { break };
            let Some(&subject) = self.cfg.subject(entry.subject) else { continue };
            self.at = entry.line;
            let id = subject.id;
            match subject.kind {
                SubjectKind::Group => {}
                SubjectKind::User if id == ROOT => {
                    let role = self.cfg.role_name(entry.role);
                    self.quirk(entry.subject_span, QuirkKind::AclRoot { role });
                }
                SubjectKind::User => {}
                SubjectKind::Token => match subject.record.and_then(|at| self.cfg.tokens.get(at as usize)) {
                    Some(token) if !token.privsep.value => {
                        let defined = token.line;
                        self.quirk(entry.subject_span, QuirkKind::AclFullToken { token: id, defined });
                    }
                    Some(_) => {}
                    None => {
                        if let Some(&NoToken::Wiped { by, .. }) = self.wiped.get(&entry.subject) {
                            self.quirk(entry.subject_span, QuirkKind::AclWipedToken { token: id, by });
                        }
                    }
                },
            }
        }
        self.cfg.acl.shrink_to_fit();
        self.cfg.users.shrink_to_fit();
        self.cfg.tokens.shrink_to_fit();
        self.cfg.subjects.shrink_to_fit();
        self.cfg.quirks.sort_by_key(|quirk| quirk.span.start);
        self.cfg.look_ahead();
        self.cfg
    }

    /// Closes the gaps that wiped tokens left in the list.
    fn forget_wiped(&mut self) {
        if !self.gone.contains(&true) {
            return;
        }
        for user in &mut self.cfg.users {
            user.tokens.clear();
        }
        let tokens = std::mem::take(&mut self.cfg.tokens);
        let gone = std::mem::take(&mut self.gone);
        for (token, _) in tokens.into_iter().zip(gone).filter(|(_, gone)| !gone) {
            let ix = TokenIx::new(self.cfg.tokens.len());
            self.set_record(token.subject, Some(ix.0));
            if let Some(user) = self.cfg.users.get_mut(token.user.index()) {
                user.tokens.push(ix);
            }
            self.cfg.tokens.push(token);
        }
    }
}

fn unknown_line(content: &[u8], first: &[u8]) -> UnknownLine {
    let known =
        |name: &[u8]| EntryType::ALL.into_iter().find(|entry| name.eq_ignore_ascii_case(entry.name().as_bytes()));
    if content.starts_with(b"#") {
        return UnknownLine::Comment;
    }
    if let Some(rest) = content.strip_prefix(b"\xef\xbb\xbf") {
        let name = rest.split(|&byte| byte == b':').next().unwrap_or_default();
        return UnknownLine::ByteOrderMark(EntryType::from_name(colon::trim(name)));
    }
    known(first).map_or(UnknownLine::Other, UnknownLine::Case)
}
