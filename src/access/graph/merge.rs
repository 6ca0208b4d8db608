//! Nodes of a kind with just the same edges, put together: a pool's 312 guests become one node.

use super::{Edge, EdgeKind, Graph, NodeKind};
use rustc_hash::FxHashMap;

/// A graph whose nodes stand for one or more of another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Merged {
    /// For each node, those that it stands for: places in [`Graph::nodes`], ascending, of one kind.
    pub nodes: Vec<Vec<usize>>,
    /// Edges between these nodes, each once.
    pub edges: Vec<(usize, usize, EdgeKind)>,
}

/// What makes two nodes alike: their kind, and their edges by direction, other end and meaning.
type Likeness = (NodeKind, bool, &'static str, Vec<(bool, usize, EdgeKind)>);

/// Puts nodes together where there are more than `most` that are alike.
#[must_use]
pub fn merge(graph: &Graph, most: usize) -> Merged {
    let mut ends: Vec<Vec<(bool, usize, EdgeKind)>> = vec![Vec::new(); graph.nodes.len()];
    for Edge { from, to, kind, .. } in &graph.edges {
        for (at, end) in [(*from, (true, *to, *kind)), (*to, (false, *from, *kind))] {
            if let Some(ends) = ends.get_mut(at) {
                ends.push(end);
            }
        }
    }
    let mut alike: FxHashMap<Likeness, Vec<usize>> = FxHashMap::default();
    for (at, (node, mut ends)) in graph.nodes.iter().zip(ends).enumerate() {
        ends.sort_unstable();
        ends.dedup();
        let of = if node.kind == NodeKind::Path { object(&node.name) } else { "" };
        alike.entry((node.kind, node.ghost, of, ends)).or_default().push(at);
    }
    let mut nodes: Vec<Vec<usize>> = Vec::new();
    for group in alike.into_values() {
        if group.len() > most {
            nodes.push(group);
        } else {
            nodes.extend(group.into_iter().map(|at| vec![at]));
        }
    }
    nodes.sort_unstable();
    let mut place = vec![0; graph.nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        for one in node {
            if let Some(place) = place.get_mut(*one) {
                *place = at;
            }
        }
    }
    let at = |end: usize| place.get(end).copied().unwrap_or_default();
    let mut edges: Vec<_> = graph.edges.iter().map(|edge| (at(edge.from), at(edge.to), edge.kind)).collect();
    edges.sort_unstable();
    edges.dedup();
    Merged { nodes, edges }
}

/// What a path is of: `guests`, `storages`, or `paths`.
#[must_use]
pub(super) fn object(path: &[u8]) -> &'static str {
    if path.starts_with(b"/vms/") {
        "guests"
    } else if path.starts_with(b"/storage/") {
        "storages"
    } else {
        "paths"
    }
}
