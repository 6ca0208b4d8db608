//! `nodes` names a node that the cluster does not have.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let known = &context.cluster.tree.nodes;
    if known.is_empty() {
        return;
    }
    let names: FxHashSet<&[u8]> = known.iter().map(|node| node.as_bytes()).collect();
    for section in view.storages() {
        let listed = section.nodes.as_deref().unwrap_or_default();
        let unknown: Vec<_> = listed.iter().filter(|node| !names.contains(&**node.value)).collect();
        let Some(first) = unknown.first() else { continue };
        let id = section.id.value;
        let meant = |name: &[u8]| words::did_you_mean(name, known.iter().map(|node| &**node));
        let label = |name: &[u8]| {
            meant(name)
                .map_or_else(|| "no such directory in nodes/".to_owned(), |meant| format!("did you mean `{meant}`?"))
        };
        let mut finding = view
            .finding(
                section,
                first.span,
                format!("storage `{id}` is restricted to a node that doesn't exist: `{}`", first.value),
            )
            .discriminator(words::name(first.value))
            .label(label(first.value));
        for node in unknown.iter().skip(1).take(4) {
            finding = finding.secondary(view.at(node.span), label(node.value));
        }
        let real = view.nodes_wanted(section);
        finding = if unknown.len() == listed.len() {
            let finding = finding
                .at_level(Level::Error)
                .consequence(format!("No node has the storage: `storage '{id}' is not available on node`."));
            view.count_guests(finding, id)
        } else {
            finding.consequence(
                "PVE compares the names letter by letter. A node that joins under this name gets the storage.",
            )
        };
        let line = section.property("nodes").map(|nodes| nodes.line);
        sink.push(match (real.as_slice(), line) {
            ([], Some(line)) => view.unset(finding, section, "nodes", line),
            _ => view.set(finding, section, "nodes", &real.join(","), line),
        });
    }
}
