//! The graph in Graphviz's language.

use std::io::{Result, Write};

use super::drawing::{Drawing, Look, Node};
use crate::access::graph::NodeKind;

/// Writes a digraph.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "// Who reaches what: {}. More than {} nodes with just the same edges are drawn as one.",
        drawing.title, drawing.merge
    )?;
    if drawing.nodes.is_empty() {
        writeln!(out, "// Nothing leads from what was asked for to what was asked for.")?;
    }
    writeln!(out, "digraph access {{")?;
    writeln!(out, "  rankdir=LR; ranksep=1.0; nodesep=0.2; bgcolor=white;")?;
    writeln!(out, "  node [fontname=\"Helvetica,sans-serif\", fontsize=11, color=\"#5f6b7a\"];")?;
    writeln!(out, "  edge [fontname=\"Helvetica,sans-serif\", fontsize=9, color=\"#3b4654\"];")?;
    for (at, node) in drawing.nodes.iter().enumerate() {
        writeln!(out, "  n{at} [label={}, {}];", quoted(&node.lines), look(node))?;
    }
    for arrow in &drawing.arrows {
        let style = match arrow.look {
            Look::Gives => "",
            Look::Denies => ", color=\"#b3261e\", fontcolor=\"#b3261e\", arrowhead=tee",
            Look::Idle => ", style=dashed, color=\"#8a94a0\", fontcolor=\"#6b7480\"",
            Look::Belongs => ", color=\"#8a94a0\", arrowhead=empty",
            Look::Below => ", style=dotted, color=\"#8a94a0\", arrowhead=none",
        };
        writeln!(out, "  n{} -> n{} [label={}{style}];", arrow.from, arrow.to, quoted(&arrow.lines))?;
    }
    writeln!(out, "}}")
}

fn look(node: &Node) -> String {
    let (shape, fill) = match node.kind {
        NodeKind::User => ("box", "#dbe9ff"),
        NodeKind::Token => ("cds", "#e7e0ff"),
        NodeKind::Group => ("folder", "#d9f2e3"),
        NodeKind::Path => ("box", "#fff1d6"),
    };
    let shape = if node.count > 1 { "box3d" } else { shape };
    let style = match (shape, node.ghost) {
        ("box", false) if node.kind == NodeKind::Path => "filled",
        ("box", false) => "filled,rounded",
        (_, false) => "filled",
        (_, true) => "filled,dashed",
    };
    format!("shape={shape}, style=\"{style}\", fillcolor=\"{fill}\"")
}

/// A quoted string of these lines. In one, `\` begins an escape and `&` an entity.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for (nth, line) in lines.iter().enumerate() {
        if nth > 0 {
            out.push_str("\\n");
        }
        for c in line.chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '&' => out.push_str("&amp;"),
                c => out.push(c),
            }
        }
    }
    out.push('"');
    out
}
