//! `user.cfg`: users, API tokens, groups, roles, pools and ACLs, as PVE holds them after reading the file.
//!
//! Mirrors `parse_user_config` of pve-access-control (`src/PVE/AccessControl.pm`), with every value's place and with what
//! was dropped, overridden or misread on the way ([`Dropped`], [`Quirk`]). What rights follow from it is
//! [`crate::access`]; other files (realms, secrets, guests) aren't known here.

mod acl;
mod dump;
mod events;
mod grouped;
mod ids;
mod parse;

pub use acl::{AclEntry, AclLine, AclNode, AclTree, Subject, SubjectKind};
pub use dump::dump;
pub use events::{Dropped, EntryType, Flag, NoToken, Quirk, QuirkKind, Reason, UnknownLine};
pub(crate) use grouped::Grouped;
pub use ids::{
    PathFault, ROOT, TokenFault, UserFault, acl_components, check_user, is_group_or_role, is_pool, is_storage, realm,
    split_token, token_parts, unlistable,
};
pub use parse::list_blanks;

use crate::model::tables::access::{Priv, PrivSet};
use crate::release::Release;
use crate::text::{Located, Span};
use bstr::BStr;
use rustc_hash::FxHashMap;
use std::borrow::Cow;

/// Most ACL entries (path, subject and role) that are recorded. PVE has no limit, but a file within pmxcfs's 1 MiB can
/// name thousands of millions of them by multiplying subjects and roles in one line; what is beyond is
/// [`QuirkKind::TooMany`].
pub const MAX_ACL_ENTRIES: usize = 1 << 20;

macro_rules! indices {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// As an index into its list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }

            /// For position `at` of its list; lists are shorter than a file is long, so this never saturates.
            pub(crate) fn new(at: usize) -> Self {
                Self(u32::try_from(at).unwrap_or(u32::MAX))
            }
        }
    )*};
}

indices! {
    /// A user, by its place in [`UserCfg::users`].
    UserIx
    /// A token, by its place in [`UserCfg::tokens`].
    TokenIx
    /// A group, by its place in [`UserCfg::groups`].
    GroupIx
    /// A role, by its place in [`UserCfg::roles`].
    RoleIx
    /// A pool, by its place in [`UserCfg::pools`].
    PoolIx
    /// Anybody an ACL or a group can name, by its place in [`UserCfg::subjects`].
    SubjectIx
    /// A node of the ACL tree, by its place in [`AclTree::nodes`].
    NodeIx
}

/// What PVE holds after reading `user.cfg`.
#[derive(Clone, Debug)]
pub struct UserCfg<'a> {
    /// The release whose reading this is.
    pub release: Release,
    /// The file.
    pub text: &'a [u8],
    /// Users in the order of their first line. root@pam is always among them.
    pub users: Vec<User<'a>>,
    /// Tokens that exist at the end of the file, in the order of their first line.
    pub tokens: Vec<Token<'a>>,
    /// Groups in the order of their first line.
    pub groups: Vec<Group<'a>>,
    /// The release's built-in roles by name, then the file's own in the order of their first line.
    pub roles: Vec<Role<'a>>,
    /// Pools in the order in which PVE makes them: a nested pool's missing ancestors follow it.
    pub pools: Vec<Pool<'a>>,
    /// Recorded ACL entries, one for each path, subject and role, in the order of their first line.
    pub acl: Vec<AclEntry>,
    /// What is written in those ACL lines that [`UserCfg::dropped`] or, while reading them, [`UserCfg::odd`] speaks of, in
    /// the order of the file.
    pub acl_lines: Vec<AclLine<'a>>,
    /// The paths of [`UserCfg::acl`] as a tree.
    pub tree: AclTree<'a>,
    /// Every user, group and token that is defined, a member, or named in an ACL. Defined or not: see [`Subject::defined`].
    pub subjects: Vec<Subject<'a>>,
    /// What PVE logs as ignored, in its order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE keeps or overrides in silence, in the order of the file.
    pub quirks: Vec<Quirk<'a>>,
    /// Positions in `acl`, grouped by subject and then sorted by node.
    acl_of: Grouped,
    /// By id, and whether it is a group's: no text is the id of both a user and a token.
    subject_of: FxHashMap<(bool, &'a [u8]), SubjectIx>,
    role_of: FxHashMap<&'a [u8], RoleIx>,
    pool_of: FxHashMap<&'a [u8], PoolIx>,
    /// For each guest in a pool, which pool, and where in its list.
    vm_pool: FxHashMap<Cow<'a, BStr>, (PoolIx, u32)>,
}

/// A user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User<'a> {
    /// `name@realm`.
    pub id: Located<&'a BStr>,
    /// The line that counts, the last valid one; `None` for a root@pam that no line defines.
    pub line: Option<Span>,
    /// May log in. False when the field is missing.
    pub enable: Located<bool>,
    /// Seconds since the epoch after which the account has expired; 0 is never. Beyond 64 bits: `u64::MAX`.
    pub expire: Located<u64>,
    /// The groups PVE notes at the user, ascending. Rights don't come from here but from [`Group::members`]: a group line above
    /// the user's line isn't in this list.
    pub groups: Vec<GroupIx>,
    /// The tokens, in the order of their first line.
    pub tokens: Vec<TokenIx>,
    /// This user as a subject.
    pub subject: SubjectIx,
}

/// What a user's line says beside that, for people and for logging in. Hardly anybody asks, so it isn't kept but read again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details<'a> {
    /// First name, decoded.
    pub firstname: Option<Located<Cow<'a, str>>>,
    /// Last name, decoded.
    pub lastname: Option<Located<Cow<'a, str>>>,
    /// E-mail address, literally; `None` only when the line ends before this field.
    pub email: Option<Located<&'a BStr>>,
    /// Comment, decoded.
    pub comment: Option<Located<Cow<'a, str>>>,
    /// Second-factor marker: `x` when the factors are in `priv/tfa.cfg`.
    pub keys: Option<Located<&'a BStr>>,
}

/// An API token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// `name@realm!token`.
    pub id: Located<&'a BStr>,
    /// `token`.
    pub name: &'a BStr,
    /// Whose it is.
    pub user: UserIx,
    /// The last line for it.
    pub line: Span,
    /// Seconds since the epoch after which it has expired; 0 is never. Beyond 64 bits: `u64::MAX`.
    pub expire: Located<u64>,
    /// Has rights of its own, limited by its owner's. False when the field is missing: all its owner's rights.
    pub privsep: Located<bool>,
    /// Comment, decoded.
    pub comment: Option<Located<Cow<'a, str>>>,
    /// This token as a subject.
    pub subject: SubjectIx,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// Its name.
    pub name: Located<&'a BStr>,
    /// The first line for it.
    pub line: Span,
    /// Its members with the place where each is listed first, users that don't exist included.
    pub members: Vec<Located<SubjectIx>>,
    /// Comment, decoded; the last that isn't empty.
    pub comment: Option<Located<Cow<'a, str>>>,
    /// This group as a subject.
    pub subject: SubjectIx,
}

/// A role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role<'a> {
    /// Its name.
    pub name: &'a BStr,
    /// Its privileges. For a built-in role: those of the release and what the file adds.
    pub privileges: PrivSet,
    /// For a built-in role: the privileges that the release gives it.
    pub builtin: Option<PrivSet>,
    /// The first line for it; `None` for a built-in role that no line names.
    pub line: Option<Span>,
    /// Where the file lists each privilege first.
    pub listed: Vec<Located<Priv>>,
}

impl Role<'_> {
    /// For a built-in role: what the file adds to it.
    #[must_use]
    pub fn added(&self) -> PrivSet {
        self.builtin.map_or(PrivSet::EMPTY, |builtin| self.privileges - builtin)
    }

    /// Whether this is NoAccess, which takes all rights away.
    #[must_use]
    pub fn is_no_access(&self) -> bool {
        self.name == "NoAccess"
    }
}

/// A resource pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pool<'a> {
    /// Its name; levels of nesting are separated by `/`. For an implicit ancestor, the place is in its child's name.
    pub name: Located<&'a BStr>,
    /// The first line for it; `None` for a nested pool's ancestor that has no line.
    pub line: Option<Span>,
    /// Comment, decoded; the last that isn't empty.
    pub comment: Option<Located<Cow<'a, str>>>,
    /// Its guests.
    pub vms: Vec<PoolVm<'a>>,
    /// Its storages, with the place where each is listed first.
    pub storage: Vec<Located<&'a BStr>>,
    /// The pool this one is nested in.
    pub parent: Option<PoolIx>,
    /// The pools nested in this one.
    pub children: Vec<PoolIx>,
}

/// A guest in a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolVm<'a> {
    /// Its number. Beyond 64 bits: `u64::MAX`.
    pub vmid: u64,
    /// The number as PVE prints it, without leading zeros.
    pub name: Cow<'a, BStr>,
    /// Where it is listed.
    pub span: Span,
}

impl<'a> UserCfg<'a> {
    /// Reads `text` as `release` does. Never fails: what PVE can't read is in [`UserCfg::dropped`].
    #[must_use]
    pub fn parse(text: &'a [u8], release: Release) -> Self {
        parse::parse(text, release)
    }

    /// The user with this id.
    #[must_use]
    pub fn user(&self, id: &[u8]) -> Option<&User<'a>> {
        self.user_ix(id).and_then(|user| self.users.get(user.index()))
    }

    /// The place of the user with this id.
    #[must_use]
    pub fn user_ix(&self, id: &[u8]) -> Option<UserIx> {
        self.defined(SubjectKind::User, id).map(UserIx)
    }

    /// The rest of what the line of `user` says.
    #[must_use]
    pub fn details(&self, user: &User<'a>) -> Details<'a> {
        user.line.map(|line| parse::details(self, line)).unwrap_or_default()
    }

    /// The token with this full id, `name@realm!token`.
    #[must_use]
    pub fn token(&self, id: &[u8]) -> Option<&Token<'a>> {
        self.defined(SubjectKind::Token, id).and_then(|token| self.tokens.get(token as usize))
    }

    /// The group with this name.
    #[must_use]
    pub fn group(&self, name: &[u8]) -> Option<&Group<'a>> {
        self.defined(SubjectKind::Group, name).and_then(|group| self.groups.get(group as usize))
    }

    /// The role with this name, built-in or not.
    #[must_use]
    pub fn role(&self, name: &[u8]) -> Option<&Role<'a>> {
        self.role_of.get(name).and_then(|role| self.roles.get(role.index()))
    }

    /// The place of the role with this name.
    #[must_use]
    pub fn role_ix(&self, name: &[u8]) -> Option<RoleIx> {
        self.role_of.get(name).copied()
    }

    /// The pool with this name.
    #[must_use]
    pub fn pool(&self, name: &[u8]) -> Option<&Pool<'a>> {
        self.pool_of.get(name).and_then(|pool| self.pools.get(pool.index()))
    }

    /// The place of the pool with this name.
    #[must_use]
    pub fn pool_ix(&self, name: &[u8]) -> Option<PoolIx> {
        self.pool_of.get(name).copied()
    }

    /// The pool that the guest is in, by its number as PVE prints it.
    #[must_use]
    pub fn pool_of_vm(&self, vmid: &[u8]) -> Option<&Pool<'a>> {
        self.pool_ix_of_vm(vmid).and_then(|pool| self.pools.get(pool.index()))
    }

    /// The place of the pool that the guest is in, by its number as PVE prints it.
    #[must_use]
    pub fn pool_ix_of_vm(&self, vmid: &[u8]) -> Option<PoolIx> {
        self.vm_pool.get::<BStr>(vmid.into()).map(|(pool, _)| *pool)
    }

    /// Every guest that is in a pool, in no particular order.
    pub fn vm_pools(&self) -> impl Iterator<Item = (&BStr, &Pool<'a>)> {
        self.vm_pool.iter().filter_map(|(vmid, (pool, _))| Some((vmid.as_ref(), self.pools.get(pool.index())?)))
    }

    /// The subject of this kind and name, when anything in the file names it.
    #[must_use]
    pub fn subject_ix(&self, kind: SubjectKind, id: &[u8]) -> Option<SubjectIx> {
        let ix = self.subject_of.get(&(kind == SubjectKind::Group, id)).copied()?;
        self.subject(ix).filter(|subject| subject.kind == kind).map(|_| ix)
    }

    /// The subject at `ix`.
    #[must_use]
    pub fn subject(&self, ix: SubjectIx) -> Option<&Subject<'a>> {
        self.subjects.get(ix.index())
    }

    /// The user that a subject is, when it is one and is defined.
    #[must_use]
    pub fn user_at(&self, ix: SubjectIx) -> Option<&User<'a>> {
        let subject = self.subject(ix).filter(|subject| subject.kind == SubjectKind::User)?;
        self.users.get(subject.record? as usize)
    }

    /// The token that a subject is, when it is one and is defined.
    #[must_use]
    pub fn token_at(&self, ix: SubjectIx) -> Option<&Token<'a>> {
        let subject = self.subject(ix).filter(|subject| subject.kind == SubjectKind::Token)?;
        self.tokens.get(subject.record? as usize)
    }

    /// Positions in [`UserCfg::acl`] in the order of subjects and nodes; those of one subject on one node as in the file.
    pub(crate) fn acl_by_subject(&self) -> &[u32] {
        self.acl_of.positions()
    }

    /// The subject's id, empty for an index of another file.
    #[must_use]
    pub fn subject_id(&self, ix: SubjectIx) -> &'a BStr {
        self.subject(ix).map_or_else(|| BStr::new(b""), |subject| subject.id)
    }

    /// The role at `ix`.
    #[must_use]
    pub fn role_at(&self, ix: RoleIx) -> Option<&Role<'a>> {
        self.roles.get(ix.index())
    }

    /// The name of the role at `ix`.
    #[must_use]
    pub fn role_name(&self, ix: RoleIx) -> &'a BStr {
        self.role_at(ix).map_or_else(|| BStr::new(b""), |role| role.name)
    }

    /// What is written in the ACL line at `line`, when something about it was dropped or odd.
    #[must_use]
    pub fn acl_line(&self, line: Span) -> Option<&AclLine<'a>> {
        let at = self.acl_lines.binary_search_by_key(&line.start, |acl| acl.line.start).ok()?;
        self.acl_lines.get(at)
    }

    fn defined(&self, kind: SubjectKind, id: &[u8]) -> Option<u32> {
        self.subject_ix(kind, id).and_then(|ix| self.subject(ix)).and_then(|subject| subject.record)
    }
}
