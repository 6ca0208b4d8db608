//! Who reaches what, as a graph: users, tokens, groups and paths, and what leads from one to the other.
//!
//! An ACL is an edge from its subject to its path, and says what comes of it ([`effect`]). [`select`] keeps what is connected
//! to some of it, [`merge`] puts together what has just the same edges. How it is drawn isn't known here.

mod effect;
mod merge;
mod select;

pub use effect::{Effect, Idle, is_looked_at};
pub use merge::{Merged, merge};
pub use select::select;

use super::{Access, pool_path, token_user};
use crate::model::user::{ROOT, RoleIx, SubjectIx, SubjectKind};
use crate::text::Span;
use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeKind {
    /// A user.
    User,
    /// A token.
    Token,
    /// A group.
    Group,
    /// A path; pools and their members are paths too: `/pool/dev`, `/vms/110`.
    Path,
}

impl NodeKind {
    /// `user`, `token`, `group` or `path`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Token => "token",
            Self::Group => "group",
            Self::Path => "path",
        }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The id; a group's without `@`.
    pub name: BString,
    /// Only ACLs and groups name it, no line defines it. Never so for a path.
    pub ghost: bool,
}

/// An edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Place in [`Graph::nodes`].
    pub from: usize,
    /// Place in [`Graph::nodes`].
    pub to: usize,
    /// What it means.
    pub kind: EdgeKind,
    /// The line that it comes from, or the place in it.
    pub span: Option<Span>,
}

/// What an edge means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EdgeKind {
    /// A user is a member of a group.
    Member,
    /// A token is a user's.
    Owner {
        /// With privilege separation the owner only limits it, without the token has all of the owner's rights.
        privsep: bool,
    },
    /// root@pam has every privilege, without any ACL.
    Everything,
    /// A user, token or group has a role on a path.
    Acl {
        /// The role.
        role: RoleIx,
        /// Below the path too.
        propagate: bool,
        /// What comes of it.
        effect: Effect,
        /// For somebody it takes the place of roles that come from above.
        replaces: bool,
    },
    /// A guest or storage is a member of a pool.
    Pool,
    /// From a path to the nearest ones below it: the way that propagated roles take.
    Below,
}

/// Nodes by kind and name, edges by what they connect.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Graph {
    /// The nodes.
    pub nodes: Vec<Node>,
    /// The edges.
    pub edges: Vec<Edge>,
}

impl Graph {
    /// Everybody, every path with an ACL, every pool with its members, and `extra` paths.
    #[must_use]
    pub fn new<'p>(access: &Access<'_, '_>, extra: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let cfg = access.cfg;
        let mut builder = Builder::default();
        let mut subjects: FxHashMap<SubjectIx, usize> = FxHashMap::default();
        let mut sorted: BTreeMap<(NodeKind, &[u8]), (SubjectIx, bool)> = BTreeMap::new();
        for (at, subject) in cfg.subjects.iter().enumerate() {
            let kind = match subject.kind {
                SubjectKind::User => NodeKind::User,
                SubjectKind::Token => NodeKind::Token,
                SubjectKind::Group => NodeKind::Group,
            };
            let ix = SubjectIx::new(at);
            if subject.defined() || kind != NodeKind::Token || access.is_named(ix) {
                sorted.insert((kind, subject.id.as_bytes()), (ix, !subject.defined()));
            }
        }
        for ((kind, name), (ix, ghost)) in sorted {
            subjects.insert(ix, builder.node(kind, name, ghost));
        }

        let mut node_paths: FxHashMap<_, BString> = FxHashMap::default();
        for entry in &cfg.acl {
            node_paths.entry(entry.node).or_insert_with(|| cfg.tree.path(entry.node));
        }
        let mut paths: BTreeSet<BString> = node_paths.values().cloned().collect();
        paths.insert(BString::from("/"));
        paths.extend(extra.into_iter().map(BString::from));
        let mut members = Vec::new();
        for pool in &cfg.pools {
            let of = pool_path(pool);
            let vms = pool.vms.iter().map(|vm| ([b"/vms/", vm.name.as_bytes()].concat(), vm.span));
            let storages = pool.storage.iter().map(|s| ([b"/storage/", s.value.as_bytes()].concat(), s.span));
            for (member, span) in vms.chain(storages) {
                paths.extend([BString::from(of.clone()), BString::from(member.clone())]);
                members.push((of.clone(), member, span));
            }
        }
        let paths: FxHashMap<BString, usize> = paths
            .into_iter()
            .map(|path| {
                let node = builder.node(NodeKind::Path, &path, false);
                (path, node)
            })
            .collect();
        let path = |name: &[u8]| paths.get(name.as_bstr()).copied();

        for group in &cfg.groups {
            for member in &group.members {
                let ends = (subjects.get(&member.value).copied(), subjects.get(&group.subject).copied());
                builder.edge(ends, EdgeKind::Member, Some(member.span));
            }
        }
        for token in &cfg.tokens {
            let owner = cfg.subject_ix(SubjectKind::User, token_user(token));
            let ends = (subjects.get(&token.subject).copied(), owner.and_then(|owner| subjects.get(&owner).copied()));
            builder.edge(ends, EdgeKind::Owner { privsep: token.privsep.value }, Some(token.line));
        }
        let root = cfg.subject_ix(SubjectKind::User, ROOT).and_then(|root| subjects.get(&root).copied());
        builder.edge((root, path(b"/")), EdgeKind::Everything, None);
        let node_at: FxHashMap<_, usize> =
            node_paths.iter().filter_map(|(node, name)| Some((*node, path(name)?))).collect();
        for (entry, (effect, replaces)) in cfg.acl.iter().zip(effect::effects(access)) {
            let kind = EdgeKind::Acl { role: entry.role, propagate: entry.propagate, effect, replaces };
            let ends = (subjects.get(&entry.subject).copied(), node_at.get(&entry.node).copied());
            builder.edge(ends, kind, Some(entry.line));
        }
        for (pool, member, span) in members {
            builder.edge((path(&pool), path(&member)), EdgeKind::Pool, Some(span));
        }
        let mut graph = builder.graph;
        graph.put_below();
        graph
    }

    /// Draws the edges from each path to those right below it anew.
    fn put_below(&mut self) {
        self.edges.retain(|edge| edge.kind != EdgeKind::Below);
        let mut paths: Vec<(&BString, usize)> = self
            .nodes
            .iter()
            .enumerate()
            .filter(|(_, node)| node.kind == NodeKind::Path)
            .map(|(at, node)| (&node.name, at))
            .collect();
        // By components, so that what is below a path comes right behind it.
        paths.sort_unstable_by(|(a, _), (b, _)| a.split(|&byte| byte == b'/').cmp(b.split(|&byte| byte == b'/')));
        let mut way: Vec<(&BString, usize)> = Vec::new();
        for (path, at) in paths {
            while way.last().is_some_and(|(above, _)| !is_below(path, above)) {
                way.pop();
            }
            if let Some((_, above)) = way.last() {
                self.edges.push(Edge { from: *above, to: at, kind: EdgeKind::Below, span: None });
            }
            way.push((path, at));
        }
        self.edges.sort_by_key(|edge| (edge.from, edge.to, edge.kind));
    }
}

/// Whether `path` is below `above`, both normalised.
pub(super) fn is_below(path: &[u8], above: &[u8]) -> bool {
    path.strip_prefix(above).is_some_and(|rest| if above == b"/" { !rest.is_empty() } else { rest.starts_with(b"/") })
}

#[derive(Default)]
struct Builder {
    graph: Graph,
}

impl Builder {
    fn node(&mut self, kind: NodeKind, name: &[u8], ghost: bool) -> usize {
        self.graph.nodes.push(Node { kind, name: name.into(), ghost });
        self.graph.nodes.len() - 1
    }

    fn edge(&mut self, ends: (Option<usize>, Option<usize>), kind: EdgeKind, span: Option<Span>) {
        if let (Some(from), Some(to)) = ends {
            self.graph.edges.push(Edge { from, to, kind, span });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_hangs_on_the_nearest_above_it() {
        let node = |name: &str| Node { kind: NodeKind::Path, name: name.into(), ghost: false };
        let names = ["/", "/pool/a", "/pool/a-b", "/pool/a/c", "/pool/ab", "/vms", "/vms/100"];
        let mut graph = Graph { nodes: names.map(node).to_vec(), edges: Vec::new() };
        graph.put_below();
        let edges: Vec<_> = graph.edges.iter().map(|edge| (names[edge.from], names[edge.to])).collect();
        assert_eq!(
            edges,
            [
                ("/", "/pool/a"),
                ("/", "/pool/a-b"),
                ("/", "/pool/ab"),
                ("/", "/vms"),
                ("/pool/a", "/pool/a/c"),
                ("/vms", "/vms/100")
            ]
        );
    }
}
