//! Whether a mistake in the documentation of an integration shows in the file.

use super::{Fit, Surplus};
use crate::access::profiles::{Erratum, ErratumKind};
use crate::access::{Access, Who};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::tables::place::{List, Text};
use crate::model::user::{Reason, RoleIx, SubjectIx};
use crate::text::Span;
use bstr::BStr;

/// How a mistake shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence<'a> {
    /// A role of the subject, or of the owner that limits it, lists a privilege that the release doesn't have.
    Listed {
        /// The role.
        role: &'a BStr,
        /// As written.
        name: &'a BStr,
        /// Where.
        at: Span,
    },
    /// An ACL for the subject names a role that isn't there.
    Named {
        /// As written.
        role: &'a BStr,
        /// Where.
        at: Span,
    },
    /// These are missing here too.
    Lacking(PrivSet),
    /// These are granted here too.
    Granted(PrivSet),
}

impl<'a> Access<'_, 'a> {
    /// Where `erratum` shows in what `subject` has and lacks.
    #[must_use]
    pub fn evidence(&self, subject: &[u8], erratum: &Erratum, fit: &Fit, beyond: &[Surplus<'_>]) -> Vec<Evidence<'a>> {
        let privileges = || erratum.names.iter().filter_map(|name| Priv::from_name(name.as_bytes()));
        match erratum.kind {
            ErratumKind::Unknown => self.written(subject, erratum.names),
            ErratumKind::Missing => {
                let lacking = fit.needs.iter().fold(PrivSet::EMPTY, |all, need| all | need.lacking());
                let shown: PrivSet = privileges().filter(|one| lacking.contains(*one)).collect();
                (!shown.is_empty()).then_some(Evidence::Lacking(shown)).into_iter().collect()
            }
            ErratumKind::Superfluous => {
                let more = beyond.iter().fold(PrivSet::EMPTY, |all, surplus| all | surplus.privileges);
                let shown: PrivSet = privileges().filter(|one| more.contains(*one)).collect();
                (!shown.is_empty()).then_some(Evidence::Granted(shown)).into_iter().collect()
            }
            ErratumKind::Path | ErratumKind::Note => Vec::new(),
        }
    }

    /// Where the names stand in roles and ACLs of the subject, and PVE ignores them.
    fn written(&self, subject: &[u8], names: List<Text>) -> Vec<Evidence<'a>> {
        let cfg = self.cfg;
        let holders = self.holders(subject);
        let roles = self.roles_of(&holders);
        let ours = |id: &BStr| {
            holders.iter().any(|holder| {
                let known = cfg.subject_id(*holder);
                known == id || id.strip_prefix(b"@").is_some_and(|group| known == group)
            })
        };
        let wrong = |name: &BStr| names.iter().any(|wrong| name == wrong.as_bytes());
        let mut shown = Vec::new();
        for dropped in &cfg.dropped {
            match &dropped.reason {
                Reason::Privilege { role, privilege }
                    if wrong(privilege) && cfg.role_ix(role).is_some_and(|role| roles.contains(&role)) =>
                {
                    shown.push(Evidence::Listed { role, name: privilege, at: dropped.span });
                }
                Reason::AclRole { role, .. } if wrong(role) => {
                    let line = cfg.acl_line(dropped.line);
                    if line.is_some_and(|line| line.subjects.iter().any(|subject| ours(subject.value))) {
                        shown.push(Evidence::Named { role, at: dropped.span });
                    }
                }
                _ => {}
            }
        }
        shown
    }

    /// Everybody whose ACLs count for `subject`: itself, its owner, and the groups of both.
    fn holders(&self, subject: &[u8]) -> Vec<SubjectIx> {
        let mut holders = Vec::new();
        match self.who(subject) {
            Who::User(user) => holders.extend(user),
            Who::Token(token) => {
                holders.push(token.subject);
                if let Who::User(Some(owner)) = self.owner(token) {
                    holders.push(owner);
                }
            }
            Who::Root | Who::Nobody => {}
        }
        let groups: Vec<_> = holders.iter().flat_map(|holder| self.groups_of(*holder)).copied().collect();
        holders.extend(groups);
        holders
    }

    fn roles_of(&self, holders: &[SubjectIx]) -> Vec<RoleIx> {
        let cells = holders.iter().flat_map(|holder| self.cells(*holder));
        let mut roles: Vec<_> = cells.flat_map(|cell| self.entries(cell)).map(|entry| entry.role).collect();
        roles.sort_unstable();
        roles.dedup();
        roles
    }
}
