//! What is granted and nothing of the profile asks for, ACL by ACL.

use super::places::looked_up;
use super::{Fit, Need};
use crate::access::dangerous;
use crate::access::propose::is_above;
use crate::access::{Access, Applied, Who};
use crate::model::tables::access::{PrivSet, checked_anywhere};
use crate::model::user::SubjectIx;
use bstr::ByteSlice;

/// An ACL that gives more than is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surplus<'c> {
    /// The entry.
    pub entry: Applied<'c>,
    /// What it gives that nothing asks for.
    pub privileges: PrivSet,
    /// Those of them that lead to more rights, or into a node or a guest.
    pub powerful: PrivSet,
}

impl<'c> Access<'c, '_> {
    /// What the ACLs of `subject` give that `fit` has no use for, the most powerful first. A token with privilege separation
    /// is judged by its own ACLs; root@pam has none.
    #[must_use]
    pub fn beyond(&self, subject: &[u8], fit: &Fit) -> Vec<Surplus<'c>> {
        let (who, limited): (SubjectIx, bool) = match self.who(subject) {
            Who::User(Some(user)) => (user, false),
            Who::Token(token) => (token.subject, true),
            Who::Root | Who::Nobody | Who::User(None) => return Vec::new(),
        };
        let release = self.cfg.release;
        let mut found = Vec::new();
        for landing in self.landings(who) {
            let path = self.cfg.tree.path(landing.node);
            let used = fit.needs.iter().filter(|need| overlap(need, &path));
            let used = used.fold(PrivSet::EMPTY, |all, need| need.ways.iter().fold(all, |all, way| all | way.wanted));
            let mut more = (looked_up(&path.to_str_lossy(), release) | checked_anywhere()) - used;
            if limited {
                more &= self.effective(subject, &path).privs;
            }
            let stops = self.trace(who, &path);
            let here = stops.into_iter().filter(|stop| stop.last).flat_map(|stop| stop.applied);
            for entry in here {
                let Some(role) = self.cfg.role_at(entry.entry.role).filter(|role| !role.is_no_access()) else {
                    continue;
                };
                let privileges = role.privileges & more;
                if !privileges.is_empty() {
                    let powerful = privileges & dangerous();
                    found.push(Surplus { entry, privileges, powerful });
                }
            }
        }
        found.sort_by_key(|surplus| {
            let (powerful, all) = (surplus.powerful.len(), surplus.privileges.len());
            (std::cmp::Reverse((powerful, all)), surplus.entry.entry.line.start)
        });
        found
    }
}

/// Whether an ACL on `path` has to do with what is needed: above it, on it, or below it.
fn overlap(need: &Need, path: &[u8]) -> bool {
    let top = |path: &[u8], name: &str| path == name.as_bytes() || is_above(name.as_bytes(), path);
    let pool = |path: &[u8]| top(path, "/pool");
    let member = |path: &[u8]| top(path, "/vms") || top(path, "/storage");
    need.ways.iter().any(|way| {
        let known = way.path.split("/{").next().filter(|known| !known.is_empty()).unwrap_or("/").as_bytes();
        known == path
            || is_above(known, path)
            || is_above(path, known)
            || (pool(path) && member(known))
            || (pool(known) && member(path))
    })
}
