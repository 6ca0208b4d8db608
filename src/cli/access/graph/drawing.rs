//! What is drawn, whatever draws it: boxes and arrows with their words.

use bstr::ByteSlice;

use super::super::Ask;
use super::{id, shown, why};
use crate::access::graph::{EdgeKind, Effect, Graph, NodeKind, merge};
use crate::text::printable_str;

/// Names that stand in the box of merged nodes.
const NAMES: usize = 3;

/// A box.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: NodeKind,
    /// No line defines it.
    pub(super) ghost: bool,
    /// How many it stands for.
    pub(super) count: usize,
    /// What is written in it, safe to print, not escaped for any language.
    pub(super) lines: Vec<String>,
}

/// How an arrow looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// Rights come this way.
    Gives,
    /// Rights are taken away.
    Denies,
    /// Nothing comes of it.
    Idle,
    /// Who belongs to whom.
    Belongs,
    /// The way down to the next path.
    Below,
}

/// An arrow between two boxes.
#[derive(Debug)]
pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) look: Look,
    /// What is written at it.
    pub(super) lines: Vec<String>,
}

/// All of it, in an order that only the configuration decides.
#[derive(Debug)]
pub(super) struct Drawing {
    /// Which file, which release.
    pub(super) title: String,
    /// From how many alike nodes on they are one.
    pub(super) merge: usize,
    pub(super) nodes: Vec<Node>,
    pub(super) arrows: Vec<Arrow>,
}

impl Drawing {
    pub(super) fn new(ask: &Ask<'_, '_>, graph: &Graph, most: usize) -> Self {
        let merged = merge(graph, most);
        let nodes = merged.nodes.iter().map(|list| node(ask, graph, list)).collect();
        let mut arrows: Vec<Arrow> = Vec::new();
        for (from, to, kind) in merged.edges {
            let (look, role, words) = words(ask, kind);
            let between = arrows.iter_mut().rev().take_while(|last| (last.from, last.to) == (from, to));
            let alike = |last: &&mut Arrow| last.look == look && last.lines.get(1..) == Some(&words);
            match (role, between.into_iter().find(alike)) {
                // Roles that differ in nothing else share an arrow.
                (Some(role), Some(Arrow { lines, .. })) => {
                    if let Some(roles) = lines.first_mut() {
                        roles.push_str(", ");
                        roles.push_str(&role);
                    }
                }
                (role, _) => arrows.push(Arrow { from, to, look, lines: role.into_iter().chain(words).collect() }),
            }
        }
        Self { title: format!("{}, {}", ask.file_name(), ask.cfg.release), merge: most, nodes, arrows }
    }
}

fn node(ask: &Ask<'_, '_>, graph: &Graph, list: &[usize]) -> Node {
    let all: Vec<_> = list.iter().filter_map(|at| graph.nodes.get(*at)).collect();
    let (kind, ghost) = all.first().map_or((NodeKind::Path, false), |node| (node.kind, node.ghost));
    let mut lines = Vec::new();
    if let [one] = all.as_slice() {
        lines.push(printable_str(&id(one)).into_owned());
    } else {
        let first = all.first().map(|node| node.name.as_bytes()).unwrap_or_default();
        let what = match kind {
            NodeKind::User => "users",
            NodeKind::Token => "tokens",
            NodeKind::Group => "groups",
            NodeKind::Path if first.starts_with(b"/vms/") => "guests",
            NodeKind::Path if first.starts_with(b"/storage/") => "storages",
            NodeKind::Path => "paths",
        };
        lines.push(format!("{} {what}", all.len()));
        let mut names: Vec<String> = all.iter().take(NAMES).map(|node| printable_str(&id(node)).into_owned()).collect();
        if all.len() > NAMES {
            names.push("...".to_owned());
        }
        lines.extend(names);
    }
    if ghost {
        lines.push("not defined".to_owned());
    } else if let ([one], NodeKind::User) = (all.as_slice(), kind)
        && ask.cfg.user(&one.name).is_some_and(|user| !user.enable.value && user.line.is_some())
    {
        lines.push("disabled".to_owned());
    }
    Node { kind, ghost, count: all.len(), lines }
}

/// How the edge looks, its role if it has one, and what else is written at it.
fn words(ask: &Ask<'_, '_>, kind: EdgeKind) -> (Look, Option<String>, Vec<String>) {
    let one = |text: &str| vec![text.to_owned()];
    match kind {
        EdgeKind::Member => (Look::Belongs, None, one("member")),
        EdgeKind::Owner { privsep: true } => (Look::Belongs, None, one("limited by")),
        EdgeKind::Owner { privsep: false } => (Look::Gives, None, one("all rights of")),
        EdgeKind::Everything => (Look::Gives, None, one("everything")),
        EdgeKind::Pool => (Look::Belongs, None, Vec::new()),
        EdgeKind::Below => (Look::Below, None, Vec::new()),
        EdgeKind::Acl { role, propagate, effect, replaces } => {
            let mut words = Vec::new();
            if !propagate {
                words.push("on this path alone".to_owned());
            }
            if replaces {
                words.push("replaces what comes from above".to_owned());
            }
            let look = match effect {
                Effect::Gives => Look::Gives,
                Effect::Denies => {
                    words.push("takes everything away".to_owned());
                    Look::Denies
                }
                Effect::None(idle) => {
                    words.push(format!("no effect: {}", why(idle)));
                    Look::Idle
                }
            };
            (look, Some(shown(ask.cfg.role_name(role))), words)
        }
    }
}
