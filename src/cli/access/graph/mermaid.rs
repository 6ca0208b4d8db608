//! The graph as a Mermaid flowchart.

use std::fmt::Write as _;
use std::io::{Result, Write};

use super::drawing::{Drawing, Look, Node};
use crate::access::graph::NodeKind;

/// Edges that Mermaid draws unless it is set up otherwise.
const MAX_EDGES: usize = 500;

/// Writes a flowchart.
pub(super) fn write(drawing: &Drawing, out: &mut dyn Write) -> Result<()> {
    writeln!(
        out,
        "%% Who reaches what: {}. More than {} nodes with just the same edges are drawn as one.",
        drawing.title, drawing.merge
    )?;
    if drawing.nodes.is_empty() {
        writeln!(out, "%% Nothing leads from what was asked for to what was asked for.")?;
    }
    let count = drawing.arrows.len();
    if count > MAX_EDGES {
        writeln!(
            out,
            "%% {count} edges; Mermaid draws {MAX_EDGES} unless maxEdges is raised. --subject and --path leave some out."
        )?;
    }
    writeln!(out, "flowchart LR")?;
    for (at, node) in drawing.nodes.iter().enumerate() {
        let (open, close) = match node.kind {
            NodeKind::User => ("(", ")"),
            NodeKind::Token => ("([", "])"),
            NodeKind::Group => ("{{", "}}"),
            NodeKind::Path => ("[", "]"),
        };
        writeln!(out, "  n{at}{open}{}{close}:::{}", quoted(&node.lines), class(node))?;
    }
    for arrow in &drawing.arrows {
        let line = match arrow.look {
            Look::Gives => "-->",
            Look::Denies => "--x",
            Look::Idle => "-.->",
            Look::Belongs => "--o",
            Look::Below => "-.-",
        };
        let label = if arrow.lines.is_empty() { String::new() } else { format!("|{}|", quoted(&arrow.lines)) };
        writeln!(out, "  n{} {line}{label} n{}", arrow.from, arrow.to)?;
    }
    for (name, look) in [
        ("user", "fill:#dbe9ff,stroke:#5f6b7a,color:#111"),
        ("token", "fill:#e7e0ff,stroke:#5f6b7a,color:#111"),
        ("group", "fill:#d9f2e3,stroke:#5f6b7a,color:#111"),
        ("path", "fill:#fff1d6,stroke:#5f6b7a,color:#111"),
        ("ghost", "fill:#eee,stroke:#5f6b7a,color:#111,stroke-dasharray:4 3"),
    ] {
        if drawing.nodes.iter().any(|node| class(node) == name) {
            writeln!(out, "  classDef {name} {look}")?;
        }
    }
    Ok(())
}

const fn class(node: &Node) -> &'static str {
    if node.ghost { "ghost" } else { node.kind.name() }
}

/// A quoted string of these lines. Mermaid reads Markdown, HTML and entity codes in one, so that all but plain characters are
/// written as codes.
fn quoted(lines: &[String]) -> String {
    let mut out = String::from("\"");
    for (nth, line) in lines.iter().enumerate() {
        if nth > 0 {
            out.push_str("<br/>");
        }
        for (at, c) in line.chars().enumerate() {
            let plain = c.is_alphanumeric() || matches!(c, ' ' | '/' | '.' | '@' | ',' | ':' | '!' | '_');
            if plain || (c == '-' && at > 0) {
                out.push(c);
            } else {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}
