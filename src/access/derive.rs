//! Where a right comes from, and why one is missing: the lines of the file behind an answer.

use super::{Access, Applied, Stop, Who, WhyUnused, pool_path, token_user};
use crate::model::tables::access::Priv;
use crate::model::user::{AclEntry, Pool, SubjectIx};
use crate::text::Span;
use bstr::{BStr, BString};

/// How a subject comes by a privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Derivation<'c, 'a> {
    /// From the subject to the privilege.
    pub steps: Vec<Step<'c, 'a>>,
    /// For a token with privilege separation: how its owner comes by it too. `None` when no owner limits the subject.
    pub owner: Option<Box<Self>>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step<'c, 'a> {
    /// The token has no privilege separation: all rights of its owner.
    Owner {
        /// The owner.
        user: &'a BStr,
        /// The token's line.
        token: Span,
    },
    /// The subject is root@pam, which has every privilege everywhere.
    Root,
    /// The subject is a member of a group.
    Member {
        /// The group.
        group: &'a BStr,
        /// Where the group lists it.
        span: Span,
    },
    /// An ACL entry.
    Acl {
        /// The entry.
        entry: &'c AclEntry,
        /// The path it is on, as PVE reads it.
        path: BString,
        /// Whether it reaches the path asked for only by propagation.
        inherited: bool,
    },
    /// The role of that entry holds the privilege.
    Role {
        /// The role.
        role: &'a BStr,
        /// Where a role line lists the privilege; `None` when it is built in.
        listed: Option<Span>,
    },
    /// The guest or storage asked for is in the pool that the entry gives rights on.
    Pool {
        /// The pool.
        pool: &'a BStr,
        /// Where the pool lists it.
        member: Span,
    },
}

/// Why a subject lacks a privilege.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal<'c, 'a> {
    /// It is no user id, and no token that exists.
    Unknown,
    /// A NoAccess role decides.
    NoAccess {
        /// Its entry.
        by: Applied<'c>,
        /// The pool that brings it, when it doesn't stand on the way to the path itself.
        pool: Option<&'a BStr>,
    },
    /// An entry further up gives the privilege, and entries deeper down replace it.
    Replaced {
        /// The entry that would give it.
        had: Applied<'c>,
        /// The entries of the next node that has any.
        by: Vec<Applied<'c>>,
    },
    /// A group's entry gives the privilege, and the subject's own entries on the same path hide it.
    Hidden {
        /// The group's entry.
        had: Applied<'c>,
        /// The subject's own.
        by: Vec<Applied<'c>>,
    },
    /// An entry further up gives the privilege and doesn't propagate.
    NotPropagated {
        /// The entry.
        had: Applied<'c>,
    },
    /// Entries apply, and none of their roles holds the privilege.
    Lacking {
        /// The entries, those of pools last.
        applied: Vec<Applied<'c>>,
    },
    /// No entry is for the subject, neither on the path nor on the way to it nor on a pool.
    NoEntry,
    /// A token with privilege separation needs the privilege twice: in its own right and as its owner's. At least one is missing.
    Token {
        /// Why the token lacks it itself.
        own: Option<Box<Self>>,
        /// The owner, and why he lacks it.
        owner: Option<(&'a BStr, Box<Self>)>,
    },
}

impl<'c, 'a> Access<'c, 'a> {
    /// How `subject` comes by `privilege` on `path`; `None` when it doesn't. Where several entries give it, the first.
    #[must_use]
    pub fn derive(&self, subject: &[u8], privilege: Priv, path: &[u8]) -> Option<Derivation<'c, 'a>> {
        if !self.has(subject, privilege, path) {
            return None;
        }
        let mut steps = Vec::new();
        if let Some(token) = self.cfg.token(subject).filter(|token| !token.privsep.value) {
            let user = BStr::new(token_user(token));
            steps.push(Step::Owner { user, token: token.line });
        }
        let mut owner = None;
        match self.who(subject) {
            Who::Nobody | Who::User(None) => return None,
            Who::Root => steps.push(Step::Root),
            Who::User(Some(subject)) => self.steps(subject, privilege, path, &mut steps)?,
            Who::Token(token) => {
                self.steps(token.subject, privilege, path, &mut steps)?;
                if !matches!(self.owner(token), Who::Root) {
                    owner = Some(Box::new(self.derive(token_user(token), privilege, path)?));
                }
            }
        }
        Some(Derivation { steps, owner })
    }

    /// The first thing that keeps `privilege` on `path` from `subject`; `None` when it has it.
    #[must_use]
    pub fn why_not(&self, subject: &[u8], privilege: Priv, path: &[u8]) -> Option<Refusal<'c, 'a>> {
        if self.has(subject, privilege, path) {
            return None;
        }
        Some(match self.who(subject) {
            Who::Nobody => Refusal::Unknown,
            Who::User(None) => Refusal::NoEntry,
            // Everything there is: only a privilege of another release is missing.
            Who::Root => Refusal::Lacking { applied: Vec::new() },
            Who::User(Some(subject)) => self.refusal(subject, privilege, path),
            Who::Token(token) => {
                let own = (!self.own(Some(token.subject), &self.look_up(path)).privs.contains(privilege))
                    .then(|| Box::new(self.refusal(token.subject, privilege, path)));
                let user = BStr::new(token_user(token));
                let owner = self.why_not(user, privilege, path).map(|refusal| (user, Box::new(refusal)));
                Refusal::Token { own, owner: owner.filter(|_| !matches!(self.owner(token), Who::Root)) }
            }
        })
    }

    /// Every entry that decides about `subject` on `path`, with the nodes on the way that have entries for it: the material of
    /// [`Access::derive`] and [`Access::why_not`]. Nothing for root@pam and for whom the file doesn't know.
    #[must_use]
    pub fn stops(&self, subject: &[u8], path: &[u8]) -> Vec<Stop<'c>> {
        match self.who(subject) {
            Who::User(Some(subject)) => self.trace(subject, path),
            Who::Token(token) => self.trace(token.subject, path),
            Who::Nobody | Who::Root | Who::User(None) => Vec::new(),
        }
    }

    pub(super) fn steps(
        &self,
        subject: SubjectIx,
        privilege: Priv,
        path: &[u8],
        steps: &mut Vec<Step<'c, 'a>>,
    ) -> Option<()> {
        let direct = self.trace(subject, path);
        if let Some((stop, applied)) = self.giving(&direct, privilege) {
            self.tell(applied, !stop.last, privilege, steps);
            return Some(());
        }
        for pool in self.pools_of(path) {
            let stops = self.trace(subject, &pool_path(pool));
            if let Some((stop, applied)) = self.giving(&stops, privilege) {
                self.tell(applied, !stop.last, privilege, steps);
                let member = member(pool, path).unwrap_or_default();
                steps.push(Step::Pool { pool: pool.name.value, member });
                return Some(());
            }
        }
        None
    }

    /// The entry of the deciding stop that gives `privilege`.
    fn giving<'s>(&self, stops: &'s [Stop<'c>], privilege: Priv) -> Option<(&'s Stop<'c>, Applied<'c>)> {
        let stop = deciding(stops)?;
        let denied = stop.applied.iter().any(|applied| self.denies(applied));
        let mut applied = stop.applied.iter().filter(|applied| !denied || self.denies(applied));
        applied.find(|applied| self.gives(applied, privilege)).map(|applied| (stop, *applied))
    }

    fn gives(&self, applied: &Applied<'_>, privilege: Priv) -> bool {
        self.cfg.role_at(applied.entry.role).is_some_and(|role| role.privileges.contains(privilege))
    }

    fn denies(&self, applied: &Applied<'_>) -> bool {
        self.cfg.role_at(applied.entry.role).is_some_and(|role| role.is_no_access())
    }

    fn tell(&self, applied: Applied<'c>, inherited: bool, privilege: Priv, steps: &mut Vec<Step<'c, 'a>>) {
        let entry = applied.entry;
        if let Some(span) = applied.member {
            steps.push(Step::Member { group: self.cfg.subject_id(entry.subject), span });
        }
        steps.push(Step::Acl { entry, path: self.cfg.tree.path(entry.node), inherited });
        if let Some(role) = self.cfg.role_at(entry.role) {
            let builtin = role.builtin.is_some_and(|builtin| builtin.contains(privilege));
            let listed =
                role.listed.iter().find(|listed| listed.value == privilege && !builtin).map(|listed| listed.span);
            steps.push(Step::Role { role: role.name, listed });
        }
    }

    fn refusal(&self, subject: SubjectIx, privilege: Priv, path: &[u8]) -> Refusal<'c, 'a> {
        let stops = self.trace(subject, path);
        let decided = deciding(&stops).map(|stop| stop.applied.as_slice()).unwrap_or_default();
        if let Some(by) = decided.iter().find(|applied| self.denies(applied)) {
            return Refusal::NoAccess { by: *by, pool: None };
        }
        let mut applied = decided.to_vec();
        let mut pools = Vec::new();
        for pool in self.pools_of(path) {
            let stops = self.trace(subject, &pool_path(pool));
            let decided = deciding(&stops).map(|stop| stop.applied.as_slice()).unwrap_or_default();
            if let Some(by) = decided.iter().find(|applied| self.denies(applied)) {
                return Refusal::NoAccess { by: *by, pool: Some(pool.name.value) };
            }
            applied.extend(decided);
            pools.push(stops);
        }
        let ways = std::iter::once(&stops).chain(&pools);
        ways.filter_map(|stops| self.lost(stops, privilege)).next().unwrap_or(if applied.is_empty() {
            Refusal::NoEntry
        } else {
            Refusal::Lacking { applied }
        })
    }

    /// Where on one way down the privilege was in reach, the deepest place first.
    fn lost(&self, stops: &[Stop<'c>], privilege: Priv) -> Option<Refusal<'c, 'a>> {
        let mut not_propagated = None;
        for (at, stop) in stops.iter().enumerate().rev() {
            if let Some(had) = stop.applied.iter().find(|applied| self.gives(applied, privilege)) {
                let by = stops.iter().skip(at + 1).find(|stop| !stop.applied.is_empty());
                return Some(Refusal::Replaced {
                    had: *had,
                    by: by.map(|stop| stop.applied.clone()).unwrap_or_default(),
                });
            }
            for unused in stop.unused.iter().filter(|unused| self.gives(&unused.entry, privilege)) {
                match unused.why {
                    WhyUnused::Hidden if stop.last || unused.entry.entry.propagate => {
                        return Some(Refusal::Hidden { had: unused.entry, by: stop.applied.clone() });
                    }
                    WhyUnused::Hidden | WhyUnused::NotPropagated => {
                        not_propagated = not_propagated.or(Some(Refusal::NotPropagated { had: unused.entry }));
                    }
                }
            }
        }
        not_propagated
    }
}

/// The deepest stop at which anything counts.
fn deciding<'s, 'c>(stops: &'s [Stop<'c>]) -> Option<&'s Stop<'c>> {
    stops.iter().rev().find(|stop| !stop.applied.is_empty())
}

/// Where `pool` lists the guest or storage that `path` is of.
fn member(pool: &Pool<'_>, path: &[u8]) -> Option<Span> {
    if let Some(vmid) = path.strip_prefix(b"/vms/") {
        return pool.vms.iter().find(|vm| vm.name.as_ref() == vmid).map(|vm| vm.span);
    }
    let storage = path.strip_prefix(b"/storage/")?;
    pool.storage.iter().find(|listed| listed.value == storage).map(|listed| listed.span)
}
