//! The walk down the ACL tree, entry by entry: which lines counted at each step and which didn't, and why.

use super::{Access, walk};
use crate::model::user::{AclEntry, AclTree, NodeIx, SubjectIx};
use crate::text::Span;

/// One node on the way to a path that has entries for the subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop<'c> {
    /// The node.
    pub node: NodeIx,
    /// Whether it is the path itself, not one above it.
    pub last: bool,
    /// The entries that count. They replace whatever nodes above gave.
    pub applied: Vec<Applied<'c>>,
    /// The entries that are for the subject and don't count here.
    pub unused: Vec<Unused<'c>>,
}

/// An entry that is for the subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied<'c> {
    /// The entry.
    pub entry: &'c AclEntry,
    /// For an entry of a group: where the group lists the subject.
    pub member: Option<Span>,
}

/// An entry that is for the subject and doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unused<'c> {
    /// The entry.
    pub entry: Applied<'c>,
    /// Why not.
    pub why: WhyUnused,
}

/// Why an entry doesn't count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhyUnused {
    /// It doesn't propagate, and the path is further down.
    NotPropagated,
    /// It is for a group, and the subject has an entry of its own on the same node.
    Hidden,
}

impl<'c> Access<'c, '_> {
    /// The nodes on the way to `path` that have entries for `subject` or its groups, from the root down. The last of them that
    /// applies anything decides.
    #[must_use]
    pub(super) fn trace(&self, subject: SubjectIx, path: &[u8]) -> Vec<Stop<'c>> {
        let mut stops: Vec<Stop<'c>> = Vec::new();
        let mut node = Some(AclTree::ROOT);
        for (name, last) in walk(path) {
            if !name.is_empty() {
                node = node.and_then(|node| self.cfg.tree.child(node, name));
            }
            let Some(node) = node else { break };
            let stop = self.stop(subject, node, last);
            if !stop.applied.is_empty() || !stop.unused.is_empty() {
                stops.push(stop);
            }
        }
        stops
    }

    fn stop(&self, subject: SubjectIx, node: NodeIx, last: bool) -> Stop<'c> {
        let mut stop = Stop { node, last, applied: Vec::new(), unused: Vec::new() };
        let own = self.cell(subject, node);
        for entry in own.into_iter().flat_map(|cell| self.entries(cell)) {
            stop.sort(Applied { entry, member: None });
        }
        let hidden = !stop.applied.is_empty();
        for group in self.groups(subject) {
            let Some(cell) = self.cell(*group, node) else { continue };
            let member = self.membership(*group, subject);
            for entry in self.entries(cell) {
                let applied = Applied { entry, member };
                if hidden {
                    stop.unused.push(Unused { entry: applied, why: WhyUnused::Hidden });
                } else {
                    stop.sort(applied);
                }
            }
        }
        stop
    }

    /// Where the group lists the user.
    pub(super) fn membership(&self, group: SubjectIx, user: SubjectIx) -> Option<Span> {
        let group = self.cfg.group(self.cfg.subject_id(group))?;
        group.members.iter().find(|member| member.value == user).map(|member| member.span)
    }
}

impl<'c> Stop<'c> {
    fn sort(&mut self, entry: Applied<'c>) {
        if self.last || entry.entry.propagate {
            self.applied.push(entry);
        } else {
            self.unused.push(Unused { entry, why: WhyUnused::NotPropagated });
        }
    }
}
