//! The part of a graph that is connected to some subjects, or to some paths, or lies on a way from the one to the other.

use super::{Edge, EdgeKind, Graph, Node, NodeKind};

/// Keeps what the subjects for which `subject` says yes reach, and who reaches the paths for which `path` says yes. `None`
/// asks for nothing.
#[must_use]
pub fn select(graph: &Graph, subject: Option<&dyn Fn(&Node) -> bool>, path: Option<&dyn Fn(&Node) -> bool>) -> Graph {
    let ways = Ways::of(graph);
    let matched = |wanted: &dyn Fn(&Node) -> bool, paths: bool| -> Vec<bool> {
        graph.nodes.iter().map(|node| (node.kind == NodeKind::Path) == paths && wanted(node)).collect()
    };
    let mut keep = vec![true; graph.nodes.len()];
    let mut asked = vec![subject.is_none() && path.is_none(); graph.nodes.len()];
    let mut wanted_paths = vec![true; graph.nodes.len()];
    if let Some(wanted) = subject {
        let start = matched(wanted, false);
        asked.clone_from(&start);
        let reached = ways.down(graph, start, path.is_some());
        keep.iter_mut().zip(reached).for_each(|(keep, reached)| *keep &= reached);
    }
    if let Some(wanted) = path {
        wanted_paths = matched(wanted, true);
        let reached = ways.up(graph, &wanted_paths);
        keep.iter_mut().zip(reached).for_each(|(keep, reached)| *keep &= reached);
    }
    let kept = |at: usize| keep.get(at) == Some(&true);
    // What doesn't propagate from a path above is no way to a path below.
    let leads = |edge: &&Edge| {
        kept(edge.from)
            && kept(edge.to)
            && (!matches!(edge.kind, EdgeKind::Acl { propagate: false, .. })
                || wanted_paths.get(edge.to) == Some(&true))
    };
    let edges: Vec<Edge> = graph.edges.iter().filter(leads).copied().collect();

    // What was only on the way, and isn't any more, goes; what was asked for stays.
    let mut used = asked;
    if path.is_some() {
        used.iter_mut().zip(&wanted_paths).for_each(|(used, wanted)| *used |= wanted);
    }
    for edge in edges.iter().filter(|edge| edge.kind != EdgeKind::Below) {
        for end in [edge.from, edge.to] {
            if let Some(used) = used.get_mut(end) {
                *used = true;
            }
        }
    }
    let mut place = vec![None; graph.nodes.len()];
    let mut out = Graph::default();
    for (at, node) in graph.nodes.iter().enumerate() {
        if kept(at) && used.get(at) == Some(&true) {
            if let Some(place) = place.get_mut(at) {
                *place = Some(out.nodes.len());
            }
            out.nodes.push(node.clone());
        }
    }
    for edge in edges {
        let at = |end: usize| place.get(end).copied().flatten();
        if let (Some(from), Some(to)) = (at(edge.from), at(edge.to)) {
            out.edges.push(Edge { from, to, ..edge });
        }
    }
    out.put_below();
    out
}

/// For each node, its edges, by their places in the graph's list.
struct Ways {
    out: Vec<Vec<usize>>,
    into: Vec<Vec<usize>>,
}

impl Ways {
    fn of(graph: &Graph) -> Self {
        let mut ways = Self { out: vec![Vec::new(); graph.nodes.len()], into: vec![Vec::new(); graph.nodes.len()] };
        for (at, edge) in graph.edges.iter().enumerate() {
            if let Some(out) = ways.out.get_mut(edge.from) {
                out.push(at);
            }
            if let Some(into) = ways.into.get_mut(edge.to) {
                into.push(at);
            }
        }
        ways
    }

    /// What the nodes of `reached` lead to; members of groups and tokens of users among them come along.
    fn down(&self, graph: &Graph, reached: Vec<bool>, below: bool) -> Vec<bool> {
        let asked: Vec<usize> = marked(&reached);
        let follow = |edge: &Edge| (below || edge.kind != EdgeKind::Below).then_some(edge.to);
        let mut reached = spread(graph, &self.out, reached, follow);
        for at in asked {
            for edge in self.into.get(at).into_iter().flatten().filter_map(|edge| graph.edges.get(*edge)) {
                if matches!(edge.kind, EdgeKind::Member | EdgeKind::Owner { .. })
                    && let Some(reached) = reached.get_mut(edge.from)
                {
                    *reached = true;
                }
            }
        }
        reached
    }

    /// What leads to the paths of `wanted`.
    fn up(&self, graph: &Graph, wanted: &[bool]) -> Vec<bool> {
        let follow = |edge: &Edge| {
            let counts = match edge.kind {
                EdgeKind::Acl { propagate, .. } => propagate || wanted.get(edge.to) == Some(&true),
                // Its owner limits the token, and gives it nothing.
                EdgeKind::Owner { privsep } => !privsep,
                _ => true,
            };
            counts.then_some(edge.from)
        };
        spread(graph, &self.into, wanted.to_vec(), follow)
    }
}

fn marked(marks: &[bool]) -> Vec<usize> {
    marks.iter().enumerate().filter(|(_, marked)| **marked).map(|(at, _)| at).collect()
}

/// Follows edges from the nodes that are `reached` until there is nothing new.
fn spread(
    graph: &Graph,
    edges: &[Vec<usize>],
    mut reached: Vec<bool>,
    follow: impl Fn(&Edge) -> Option<usize>,
) -> Vec<bool> {
    let mut open = marked(&reached);
    while let Some(at) = open.pop() {
        for edge in edges.get(at).into_iter().flatten().filter_map(|edge| graph.edges.get(*edge)) {
            let Some(next) = follow(edge) else { continue };
            if let Some(reached) = reached.get_mut(next).filter(|reached| !**reached) {
                *reached = true;
                open.push(next);
            }
        }
    }
    reached
}
