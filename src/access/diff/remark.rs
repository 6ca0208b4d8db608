//! What changed and is no right: whether somebody can log in, and ACLs where PVE never looks.

use std::collections::BTreeSet;

use bstr::BString;

use super::cause::shown;
use super::{Paths, Side};
use crate::access::Access;
use crate::model::user::SubjectKind;
use crate::text::Span;

/// Something to know beside the rights.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// A user was disabled and isn't any more, or the other way round.
    Enabled {
        /// The user.
        user: BString,
        /// As it is now.
        now: bool,
        /// The line in the new file, if any.
        line: Option<Span>,
    },
    /// A user or token expires at another time.
    Expires {
        /// The user or token.
        subject: BString,
        /// Seconds since the epoch before; 0 is never.
        before: u64,
        /// And now.
        now: u64,
        /// The line in the new file, if any.
        line: Option<Span>,
    },
    /// A user whom ACLs or groups name has an account in one file only. The rights of the name are the same.
    Account {
        /// The user.
        user: BString,
        /// The file with the account.
        side: Side,
        /// The line there.
        line: Option<Span>,
    },
    /// ACLs on a path that PVE never looks at: they change nothing.
    Ignored {
        /// The path.
        path: BString,
        /// The role.
        role: BString,
        /// To whom, a group with `@`.
        who: BString,
        /// The file that has it.
        side: Side,
        /// The line.
        line: Span,
    },
}

/// The remarks about what differs.
pub(super) fn remarks(old: &Access<'_, '_>, new: &Access<'_, '_>, paths: &Paths) -> Vec<Remark> {
    let mut remarks = Vec::new();
    for user in &old.cfg.users {
        let id = user.id.value;
        let Some(now) = new.cfg.user(id) else { continue };
        if user.enable.value != now.enable.value {
            remarks.push(Remark::Enabled { user: id.into(), now: now.enable.value, line: now.line });
        }
        if user.expire.value != now.expire.value {
            let (before, after) = (user.expire.value, now.expire.value);
            remarks.push(Remark::Expires { subject: id.into(), before, now: after, line: now.line });
        }
    }
    for token in &old.cfg.tokens {
        let Some(now) = new.cfg.token(token.id.value) else { continue };
        if token.expire.value != now.expire.value {
            let (before, after, line) = (token.expire.value, now.expire.value, Some(now.line));
            remarks.push(Remark::Expires { subject: token.id.value.into(), before, now: after, line });
        }
    }
    for (has, lacks, side) in [(old, new, Side::Old), (new, old, Side::New)] {
        for user in &has.cfg.users {
            let id = user.id.value;
            if lacks.cfg.user(id).is_none() && lacks.cfg.subject_ix(SubjectKind::User, id).is_some() {
                remarks.push(Remark::Account { user: id.into(), side, line: user.line });
            }
        }
    }
    remarks.extend(ignored(old, new, paths));
    remarks.sort();
    remarks
}

/// Entries of one file only, on paths that aren't compared.
fn ignored(old: &Access<'_, '_>, new: &Access<'_, '_>, paths: &Paths) -> Vec<Remark> {
    let compared: BTreeSet<&[u8]> = paths.iter().collect();
    let entries = |access: &Access<'_, '_>| -> Vec<(BString, BString, BString, Span)> {
        let entries = access.cfg.acl.iter().map(|entry| {
            let who = access.cfg.subject(entry.subject);
            let who = who.map(|subject| shown(subject.kind, subject.id)).unwrap_or_default();
            (access.cfg.tree.path(entry.node), access.cfg.role_name(entry.role).to_owned(), who, entry.line)
        });
        entries.filter(|(path, ..)| !compared.contains(path.as_slice())).collect()
    };
    let (old, new) = (entries(old), entries(new));
    let mut remarks = Vec::new();
    for (has, lacks, side) in [(&old, &new, Side::Old), (&new, &old, Side::New)] {
        let there: BTreeSet<_> = lacks.iter().map(|(path, role, who, _)| (path, role, who)).collect();
        let only = has.iter().filter(|(path, role, who, _)| !there.contains(&(path, role, who)));
        remarks.extend(only.cloned().map(|(path, role, who, line)| Remark::Ignored { path, role, who, side, line }));
    }
    remarks
}
