//! What PVE says while it reads `user.cfg`, and what it doesn't say although somebody should know.
//!
//! [`Dropped`] is PVE's own log, line by line and in its order. [`Quirk`] is what PVE keeps in silence although it reads it
//! differently from what is written, overrides something read before, or will lose it at its next write. Both hold what a
//! message about them needs, so that nobody has to read the text again.

use super::ids::{PathFault, TokenFault, UserFault};
use super::{Pool, UserCfg};
use crate::model::tables::access::PrivSet;
use crate::text::{Located, Span};
use bstr::{BStr, BString, ByteSlice};
use std::fmt;

/// The first field of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryType {
    /// `user:`
    User,
    /// `group:`
    Group,
    /// `role:`
    Role,
    /// `acl:`
    Acl,
    /// `pool:`
    Pool,
    /// `token:`
    Token,
}

impl EntryType {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::User, Self::Group, Self::Role, Self::Acl, Self::Pool, Self::Token];

    /// As it is written in the file.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Group => "group",
            Self::Role => "role",
            Self::Acl => "acl",
            Self::Pool => "pool",
            Self::Token => "token",
        }
    }

    /// The type with this name, case-sensitive.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|entry| entry.name().as_bytes() == name)
    }
}

impl fmt::Display for EntryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Something that PVE logs as ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// What PVE speaks of: the line, the name, or the list item.
    pub span: Span,
    /// The line it stands in, without white space at the ends.
    pub line: Span,
    /// Why, with the values that are in PVE's message.
    pub reason: Reason<'a>,
}

/// Why PVE logs something as ignored. Three of these are logged but kept all the same, see [`Dropped::kept`].
///
/// A field `later` is the line further down that defines what is unknown here; `None` when there is no such line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// A line of no known type: ignored, and gone at PVE's next write.
    Line(UnknownLine),
    /// A user line whose id is malformed.
    UserId {
        /// As written.
        id: &'a BStr,
        /// What is wrong with it.
        fault: UserFault,
    },
    /// A user line whose expiry isn't a number. The whole line is ignored.
    UserExpire {
        /// The user.
        id: &'a BStr,
        /// As written.
        expire: &'a BStr,
    },
    /// A token line whose id is malformed.
    TokenId {
        /// As written.
        id: &'a BStr,
        /// What is wrong with it.
        fault: TokenFault,
    },
    /// A token line whose expiry isn't a number. The whole line is ignored.
    TokenExpire {
        /// The token.
        id: &'a BStr,
        /// As written.
        expire: &'a BStr,
    },
    /// A token line whose user isn't defined above it.
    TokenUser {
        /// The token.
        id: &'a BStr,
        /// Its user.
        user: &'a BStr,
        /// The user's line further down.
        later: Option<Span>,
    },
    /// A group line whose name is malformed.
    GroupName {
        /// As written.
        name: &'a BStr,
    },
    /// A group member that is no user id.
    MemberId {
        /// The group.
        group: &'a BStr,
        /// As written.
        member: &'a BStr,
        /// What is wrong with it.
        fault: UserFault,
    },
    /// A group member that isn't defined above. Kept: he is a member as soon as there is such a user.
    MemberUnknown {
        /// The group.
        group: &'a BStr,
        /// The user.
        member: &'a BStr,
        /// The user's line further down.
        later: Option<Span>,
    },
    /// A role line whose name is malformed.
    RoleName {
        /// As written.
        name: &'a BStr,
    },
    /// A privilege that this release doesn't have. The role is kept without it.
    Privilege {
        /// The role.
        role: &'a BStr,
        /// As written.
        privilege: &'a BStr,
    },
    /// An ACL line whose path is malformed. The whole line is ignored.
    AclPath {
        /// As written.
        path: &'a BStr,
        /// What is wrong with it.
        fault: PathFault,
    },
    /// A role in an ACL line that can be no role's name.
    AclRoleName {
        /// As written.
        role: &'a BStr,
    },
    /// A role in an ACL line that isn't defined above.
    AclRole {
        /// As written.
        role: &'a BStr,
        /// The role's line further down.
        later: Option<Span>,
    },
    /// A group in an ACL line that isn't defined above. Kept, and effective. Logged once for every role of the line.
    AclGroup {
        /// The group, without `@`.
        group: &'a BStr,
        /// The group's line further down.
        later: Option<Span>,
    },
    /// A user in an ACL line that isn't defined above. Kept, and effective. Logged once for every role of the line.
    AclUser {
        /// The user.
        user: &'a BStr,
        /// The user's line further down.
        later: Option<Span>,
    },
    /// A token in an ACL line that doesn't exist at that point, or a text that is no subject at all: PVE calls both an
    /// invalid token. Logged once for every role of the line.
    AclToken {
        /// As written.
        token: &'a BStr,
        /// Why there is no such token.
        why: NoToken,
    },
    /// A pool line whose name is malformed.
    PoolName {
        /// As written.
        name: &'a BStr,
        /// Whether a later release takes it: nested pools came with 8.1.
        valid_later: bool,
    },
    /// A pool member that is no VMID.
    PoolVmid {
        /// The pool.
        pool: &'a BStr,
        /// As written.
        vmid: &'a BStr,
    },
    /// A guest that is already in a pool, this or another one.
    PoolVmidTaken {
        /// The pool that doesn't get it.
        pool: &'a BStr,
        /// The guest, as PVE prints it.
        vmid: BString,
        /// The pool that has it.
        first_pool: &'a BStr,
        /// Where it is listed first.
        first: Span,
    },
    /// A pool member that is no storage id.
    PoolStorage {
        /// The pool.
        pool: &'a BStr,
        /// As written.
        storage: &'a BStr,
    },
}

/// What a line of no known type looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownLine {
    /// It begins with `#`. There are no comments in this file.
    Comment,
    /// It begins with a UTF-8 byte order mark; holds the type behind the mark.
    ByteOrderMark(Option<EntryType>),
    /// Its type is known, in another case.
    Case(EntryType),
    /// The file holds nothing but white space, of which PVE makes one line.
    Blank,
    /// Anything else.
    Other,
}

/// Why an ACL's subject isn't a token that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoToken {
    /// It is no token id, and no user id or `@group` either; the fault as token id, and as user id or group.
    Malformed(TokenFault, UserFault),
    /// No line above defines it. Holds the line further down that does.
    Undefined(Option<Span>),
    /// It was defined, and a repeated user line wiped it.
    Wiped {
        /// The token's line.
        defined: Span,
        /// The user line that wiped it.
        by: Span,
    },
}

impl Dropped<'_> {
    /// Whether PVE keeps it in spite of what it logs: unknown users and groups are recorded, take effect as soon as they
    /// exist, and are written back.
    #[must_use]
    pub const fn kept(&self) -> bool {
        matches!(self.reason, Reason::MemberUnknown { .. } | Reason::AclGroup { .. } | Reason::AclUser { .. })
    }

    /// The line that PVE logs, without line feed. `text` is the file.
    #[must_use]
    pub fn log(&self, text: &[u8]) -> BString {
        let mut out = BString::from("user config - ignore ");
        let mut put = |parts: &[&[u8]]| parts.iter().for_each(|part| out.extend_from_slice(part));
        match &self.reason {
            Reason::Line(_) => put(&[b"config line: ", self.span.bytes(text)]),
            Reason::UserId { id, .. } => put(&[b"user '", id, b"' - invalid user name"]),
            Reason::UserExpire { id, expire } => {
                put(&[b"user '", id, b"' - (illegal characters in expire '", expire, b"')"]);
            }
            Reason::TokenId { id, .. } => put(&[b"invalid tokenid '", id, b"'"]),
            Reason::TokenExpire { id, expire } => {
                put(&[b"token '", id, b"' - (illegal characters in expire '", expire, b"')"]);
            }
            Reason::TokenUser { id, .. } => put(&[b"token '", id, b"' - user does not exist"]),
            Reason::GroupName { name } => put(&[b"group '", name, b"' - invalid characters in group name"]),
            Reason::MemberId { member, .. } | Reason::MemberUnknown { member, .. } => {
                put(&[b"invalid group member '", member, b"'"]);
            }
            Reason::RoleName { name } => put(&[b"role '", name, b"' - invalid characters in role name"]),
            Reason::Privilege { privilege, .. } => put(&[b"invalid privilege '", privilege, b"'"]),
            Reason::AclPath { path, .. } => put(&[b"invalid path in acl '", path, b"'"]),
            Reason::AclRoleName { role } => put(&[b"invalid role name '", role, b"' in acl"]),
            Reason::AclRole { role, .. } => put(&[b"invalid acl role '", role, b"'"]),
            Reason::AclGroup { group, .. } => put(&[b"invalid acl group '", group, b"'"]),
            Reason::AclUser { user, .. } => put(&[b"invalid acl member '", user, b"'"]),
            Reason::AclToken { token, .. } => put(&[b"invalid acl token '", token, b"'"]),
            Reason::PoolName { name, .. } => put(&[b"pool '", name, b"' - invalid characters in pool name"]),
            Reason::PoolVmid { pool, vmid } => put(&[b"invalid vmid '", vmid, b"' in pool '", pool, b"'"]),
            Reason::PoolVmidTaken { pool, vmid, .. } => put(&[b"duplicate vmid '", vmid, b"' in pool '", pool, b"'"]),
            Reason::PoolStorage { pool, storage } => put(&[b"invalid storage '", storage, b"' in pool '", pool, b"'"]),
        }
        out
    }
}

/// Something that PVE keeps without a word, or overrides, and that is not what it looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk<'a> {
    /// What it is about: a field, a list item, or a whole line.
    pub span: Span,
    /// The line it stands in, without white space at the ends.
    pub line: Span,
    /// What it is.
    pub what: QuirkKind<'a>,
}

/// A yes or no in the file. PVE reads everything but nothing at all and `0` as yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// Of a user: may log in.
    Enable,
    /// Of a token: has rights of its own instead of its owner's.
    Privsep,
    /// Of an ACL: counts below its path too.
    Propagate,
}

/// What is odd.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuirkKind<'a> {
    /// A flag that is neither `0` nor `1`: PVE reads it as yes, whatever it says (`no`, `false`, `00`).
    FlagTrue {
        /// Which.
        flag: Flag,
        /// The user, the token, or the ACL's path.
        of: &'a BStr,
        /// As written.
        written: &'a BStr,
    },
    /// A flag left out, which PVE reads as no: the user is disabled, the token has all rights of its owner, the ACL stays on
    /// its path. `span` is the whole line.
    FlagMissing {
        /// Which.
        flag: Flag,
        /// The user, the token, or the ACL's path.
        of: &'a BStr,
    },
    /// More fields than the type has; `span` holds them. PVE ignores them and doesn't write them back.
    Surplus {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        name: &'a BStr,
        /// Whether the type has a free text field, so that a colon inside the text explains it.
        text_possible: bool,
    },
    /// The second-factor field holds what no key or marker of PVE looks like: probably a colon in the comment in front of it.
    Keys {
        /// The user.
        user: &'a BStr,
        /// As written.
        keys: &'a BStr,
    },
    /// A second line for the same user: it replaces the first, and every token read so far is gone.
    UserAgain {
        /// The user.
        user: &'a BStr,
        /// The line it replaces; `None` for root@pam, which exists without one.
        first: Option<Span>,
        /// The lines of the tokens that it wipes, with their full ids.
        wiped: Vec<Located<&'a BStr>>,
    },
    /// A second line for the same token. Expiry and privsep are the second line's, and its comment if it has one.
    TokenAgain {
        /// The token.
        token: &'a BStr,
        /// The line in front of it.
        first: Span,
    },
    /// A second line for a group, role or pool: both are united.
    Again {
        /// Type of the line.
        entry: EntryType,
        /// The name.
        name: &'a BStr,
        /// The first line.
        first: Span,
    },
    /// A role line with a built-in role's name: the privileges are added to that role in every process that has read the file,
    /// until it is restarted, and the line is gone at PVE's next write.
    BuiltinRole {
        /// The role.
        role: &'a BStr,
        /// What the line adds to what the role had.
        added: PrivSet,
    },
    /// An ACL path with a component `0`, which PVE skips: `/vms/0` is `/vms`.
    PathZero {
        /// As written.
        written: &'a BStr,
        /// What PVE makes of it.
        read: String,
    },
    /// An ACL path that PVE writes differently: without its first `/`, with more than one, or with one at the end.
    PathForm {
        /// As written.
        written: &'a BStr,
        /// What PVE makes of it.
        read: String,
    },
    /// An ACL line without roles: does nothing.
    AclNoRole,
    /// An ACL line without subjects: does nothing.
    AclNoSubject,
    /// An ACL for root@pam: never looked at, and gone at PVE's next write.
    AclRoot {
        /// The role.
        role: &'a BStr,
    },
    /// An ACL for a token without privilege separation: never looked at.
    AclFullToken {
        /// The token.
        token: &'a BStr,
        /// The token's line.
        defined: Span,
    },
    /// An ACL for a token that a user line further down wipes.
    AclWipedToken {
        /// The token.
        token: &'a BStr,
        /// The user line that wipes it.
        by: Span,
    },
    /// The same path, subject and role again: the last propagate flag counts.
    AclAgain {
        /// The subject, a group without `@`.
        subject: &'a BStr,
        /// The role.
        role: &'a BStr,
        /// The line that said it first.
        first: Span,
        /// Propagate before.
        before: bool,
        /// Propagate now.
        now: bool,
    },
    /// A user whose name holds a byte that separates list items, so that no group and no ACL can name it.
    Unlistable {
        /// The user.
        user: &'a BStr,
        /// The byte.
        byte: u8,
    },
    /// A list item torn apart at a byte 0x85 or 0xA0 inside a character (pve-common 9.1.17 and later).
    Torn {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        of: &'a BStr,
        /// The item as it would be without that byte.
        item: &'a BStr,
    },
    /// A list with a NUL byte in it, which is then the only separator.
    Nul {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        of: &'a BStr,
    },
    /// A VMID that PVE writes differently: `0102` is 102.
    VmidForm {
        /// The pool.
        pool: &'a BStr,
        /// As written.
        written: &'a BStr,
        /// As read.
        vmid: u64,
    },
    /// A text of just `0`, which PVE takes for no text.
    TextZero {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        of: &'a BStr,
    },
    /// A text with a `%` that isn't followed by two hexadecimal digits: kept as it is, written as `%25`.
    TextPercent {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        of: &'a BStr,
    },
    /// A text that isn't UTF-8 once its percent signs are decoded.
    TextBytes {
        /// Type of the line.
        entry: EntryType,
        /// The line's name, id or path.
        of: &'a BStr,
    },
    /// An expiry that doesn't fit 64 bits.
    ExpireHuge {
        /// The user or token.
        of: &'a BStr,
    },
    /// From here on ACL entries aren't recorded: there are over [`super::MAX_ACL_ENTRIES`] of them.
    TooMany,
}

impl<'a> UserCfg<'a> {
    /// PVE's log of reading the file, in its order.
    pub fn log(&self) -> impl Iterator<Item = BString> {
        self.dropped.iter().map(|dropped| dropped.log(self.text))
    }

    /// Fills in what could be known only at the end of the file: where the unknown is defined after all.
    pub(super) fn look_ahead(&mut self) {
        let mut dropped = std::mem::take(&mut self.dropped);
        for Dropped { reason, line, .. } in &mut dropped {
            let below = |at: Option<Span>| at.filter(|at| at.start > line.start);
            match reason {
                Reason::TokenUser { user, later, .. }
                | Reason::MemberUnknown { member: user, later, .. }
                | Reason::AclUser { user, later } => *later = below(self.user(user).and_then(|user| user.line)),
                Reason::AclRole { role, later } => *later = below(self.role(role).and_then(|role| role.line)),
                Reason::AclGroup { group, later } => *later = below(self.group(group).map(|group| group.line)),
                Reason::AclToken { token, why: NoToken::Undefined(later) } => {
                    *later = below(self.token(token).map(|token| token.line));
                }
                _ => {}
            }
        }
        self.dropped = dropped;
    }
}

impl<'a> Pool<'a> {
    /// The name of the pool that this one is nested in, as its own name says.
    #[must_use]
    pub fn parent_name(&self) -> Option<&'a BStr> {
        let slash = self.name.value.rfind_byte(b'/')?;
        self.name.value.get(..slash).map(ByteSlice::as_bstr)
    }
}
