//! An LVM storage on nodes that do not have the iSCSI storage below.

use super::{StorageView, node_set};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cluster = &context.cluster.tree.nodes;
    for section in view.storages().filter(|section| !section.is_disabled()) {
        let Some((base, id)) = section.base() else { continue };
        let Some(below) = view.cfg.storage(id) else { continue };
        let Some(below_nodes) = below.nodes.as_ref().filter(|nodes| !nodes.is_empty()) else { continue };
        let Some(on) = node_set(below) else { continue };
        let own: Vec<&[u8]> = match &section.nodes {
            Some(nodes) => nodes.iter().map(|node| &**node.value).collect(),
            None => cluster.iter().map(|node| node.as_bytes()).collect(),
        };
        let lacking: Vec<String> =
            own.iter().filter(|node| !on.contains(*node)).map(|&node| words::name(node)).collect();
        let (Some(_), Some(nodes)) = (lacking.first(), below.property("nodes")) else { continue };
        let (name, base_id) = (section.id.value, words::name(id));
        let finding = view
            .finding(
                section,
                base.value.span,
                format!("storage `{name}` is on nodes that don't have storage `{base_id}` below it"),
            )
            .label(format!("not on {}", words::list(&lacking, 4)))
            .secondary(view.at(nodes.value.span), format!("storage `{base_id}` is only here"))
            .consequence(format!("PVE can't activate storage `{name}` there."));
        let mut all: Vec<String> = below_nodes.iter().map(|node| words::name(node.value)).collect();
        all.extend(lacking);
        sink.push(view.set(finding, below, "nodes", &all.join(","), Some(nodes.line)));
    }
}
