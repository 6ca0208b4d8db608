//! The graph for programs: nodes and edges.

use bstr::ByteSlice;
use serde::Serialize;
use serde_json::Value;

use super::super::{Ask, Failure};
use super::{id, why};
use crate::access::graph::{Edge, EdgeKind, Effect, Graph, Node, NodeKind};

#[derive(Serialize)]
struct Object {
    release: u8,
    nodes: Vec<JsonNode>,
    edges: Vec<JsonEdge>,
}

#[derive(Serialize)]
struct JsonNode {
    /// A group with `@`.
    id: String,
    kind: &'static str,
    /// False for who is only named in ACLs and groups.
    defined: bool,
    /// Tokens alone have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    privsep: Option<bool>,
}

#[derive(Serialize)]
struct JsonEdge {
    /// Places in `nodes`: one line can have a thousand entries on a path of any length.
    from: usize,
    to: usize,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u32>,
    #[serde(flatten)]
    acl: Option<JsonAcl>,
}

/// What ACLs alone have.
#[derive(Serialize)]
struct JsonAcl {
    role: String,
    propagate: bool,
    /// Whether it takes the place of roles from above.
    replaces: bool,
    effect: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
}

/// One object.
pub(super) fn value(ask: &Ask<'_, '_>, graph: &Graph) -> Result<Value, Failure> {
    let object = Object {
        release: ask.cfg.release.major(),
        nodes: graph.nodes.iter().map(|one| node(ask, one)).collect(),
        edges: graph.edges.iter().map(|one| edge(ask, one)).collect(),
    };
    Ok(serde_json::to_value(object).map_err(std::io::Error::from)?)
}

fn node(ask: &Ask<'_, '_>, node: &Node) -> JsonNode {
    let token = ask.cfg.token(&node.name).filter(|_| node.kind == NodeKind::Token);
    JsonNode {
        id: id(node),
        kind: node.kind.name(),
        defined: !node.ghost,
        privsep: token.map(|token| token.privsep.value),
    }
}

fn edge(ask: &Ask<'_, '_>, edge: &Edge) -> JsonEdge {
    let kind = match edge.kind {
        EdgeKind::Member => "member",
        EdgeKind::Owner { .. } => "owner",
        EdgeKind::Everything => "everything",
        EdgeKind::Acl { .. } => "acl",
        EdgeKind::Pool => "pool",
        EdgeKind::Below => "below",
    };
    let acl = match edge.kind {
        EdgeKind::Acl { role, propagate, effect, replaces } => Some(JsonAcl {
            role: ask.cfg.role_name(role).to_str_lossy().into_owned(),
            propagate,
            replaces,
            effect: match effect {
                Effect::Gives => "gives",
                Effect::Denies => "takes away",
                Effect::None(_) => "none",
            },
            why: match effect {
                Effect::None(idle) => Some(why(idle)),
                _ => None,
            },
        }),
        _ => None,
    };
    JsonEdge { from: edge.from, to: edge.to, kind, line: edge.span.map(|span| ask.line(span)), acl }
}
