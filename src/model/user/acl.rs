//! ACLs as PVE keeps them: a tree of path components, with roles for users, groups and tokens at its nodes.

use super::{NodeIx, RoleIx, SubjectIx};
use crate::text::{Located, Span};
use bstr::{BStr, BString};
use rustc_hash::FxHashMap;

/// Who an ACL is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A group, by its name without `@`.
    Group,
    /// A token, by its full id.
    Token,
    /// A user, by its id.
    User,
}

impl SubjectKind {
    /// `group`, `token` or `user`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Token => "token",
            Self::User => "user",
        }
    }
}

/// A user, group or token that something in the file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject<'a> {
    /// What it is.
    pub kind: SubjectKind,
    /// Its id; a group's without `@`.
    pub id: &'a BStr,
    /// Its place in the list of its kind, when a line defines it.
    pub(super) record: Option<u32>,
}

impl Subject<'_> {
    /// Whether it is defined at the end of the file. Users and groups that aren't have rights all the same, to be used by
    /// whoever is given that name.
    #[must_use]
    pub const fn defined(&self) -> bool {
        self.record.is_some()
    }
}

/// One role of one subject on one path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclEntry {
    /// The path.
    pub node: NodeIx,
    /// Whose.
    pub subject: SubjectIx,
    /// What.
    pub role: RoleIx,
    /// Counts below the path too.
    pub propagate: bool,
    /// The line that counts: the last one with this path, subject and role. Without white space at the ends.
    pub line: Span,
    /// The propagate flag in that line.
    pub flag_span: Span,
    /// The path in that line, as written.
    pub path_span: Span,
    /// The subject in that line, with its `@` if it is a group.
    pub subject_span: Span,
    /// The role in that line.
    pub role_span: Span,
}

/// The fields of an ACL line as written, for lines of which PVE doesn't take everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AclLine<'a> {
    /// The line, without white space at the ends.
    pub line: Span,
    /// The propagate flag.
    pub flag: Located<&'a BStr>,
    /// The path.
    pub path: Located<&'a BStr>,
    /// The path field as if it were a list, which it isn't: several items are somebody's mistake.
    pub paths: Vec<Located<&'a BStr>>,
    /// The subjects: `@group`, users, tokens, and what is none of them.
    pub subjects: Vec<Located<&'a BStr>>,
    /// The roles.
    pub roles: Vec<Located<&'a BStr>>,
}

/// A node of the ACL tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AclNode<'a> {
    /// The last component of its path; empty for the root.
    pub name: &'a BStr,
    /// The node above; `None` for the root.
    pub parent: Option<NodeIx>,
    /// Number of components of its path.
    pub depth: u32,
}

/// The paths that have ACLs, and the paths above them.
#[derive(Clone, Debug)]
pub struct AclTree<'a> {
    /// The nodes; the root comes first, and a parent before its children.
    pub nodes: Vec<AclNode<'a>>,
    children: FxHashMap<(NodeIx, &'a [u8]), NodeIx>,
}

impl Default for AclTree<'_> {
    fn default() -> Self {
        let root = AclNode { name: BStr::new(b""), parent: None, depth: 0 };
        Self { nodes: vec![root], children: FxHashMap::default() }
    }
}

impl<'a> AclTree<'a> {
    /// The node of `/`.
    pub const ROOT: NodeIx = NodeIx(0);

    /// The node at `ix`.
    #[must_use]
    pub fn node(&self, ix: NodeIx) -> Option<&AclNode<'a>> {
        self.nodes.get(ix.index())
    }

    /// The child of `node` called `name`.
    #[must_use]
    pub fn child(&self, node: NodeIx, name: &[u8]) -> Option<NodeIx> {
        self.children.get(&(node, name)).copied()
    }

    /// The path of a node: `/` or `/vms/100`.
    #[must_use]
    pub fn path(&self, ix: NodeIx) -> BString {
        let above = |node: &&AclNode<'a>| node.parent.and_then(|parent| self.node(parent));
        let names =
            || std::iter::successors(self.node(ix), |node| above(node)).take_while(|node| node.parent.is_some());
        let len: usize = names().map(|node| 1 + node.name.len()).sum();
        let mut path = vec![b'/'; len.max(1)];
        let mut left = path.as_mut_slice();
        for AclNode { name, .. } in names() {
            let Some((rest, at)) = left.split_at_mut_checked(left.len().saturating_sub(name.len())) else { break };
            at.copy_from_slice(name);
            left = rest.split_last_mut().map(|(_, rest)| rest).unwrap_or_default();
        }
        path.into()
    }

    /// The node reached through `components`, made where it is missing.
    pub(super) fn grow(&mut self, components: impl Iterator<Item = &'a [u8]>) -> NodeIx {
        let mut at = Self::ROOT;
        for (depth, name) in (1..).zip(components) {
            let next = NodeIx::new(self.nodes.len());
            let child = *self.children.entry((at, name)).or_insert(next);
            if child == next {
                self.nodes.push(AclNode { name: BStr::new(name), parent: Some(at), depth });
            }
            at = child;
        }
        at
    }
}
