//! A guest on a node that does not have its storage.

use super::{Use, guests, related};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::storage::Editor;
use crate::rules::{Check, Context, Rule, Sink, words};
use rustc_hash::FxHashMap;

/// The rule.
pub static RULE: Rule = Rule {
    id: "volume-storage-not-on-node",
    level: Level::Error,
    needs: &[Input::Storage, Input::Inventory],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    let cluster = &context.cluster.tree.nodes;
    for storage in context.uses().storages() {
        let Some(section) = storage.storage() else { continue };
        let (Some(nodes), Some(line)) = (&section.nodes, section.property("nodes")) else { continue };
        // A list of nobody, and one that names only nodes that don't exist, is the mistake there.
        let is_real = |node: &[u8]| cluster.iter().any(|known| known.as_bytes() == node);
        if !nodes.iter().any(|node| is_real(node.value)) {
            continue;
        }
        let misspelt: Vec<&str> = nodes
            .iter()
            .filter(|node| !is_real(node.value))
            .filter_map(|node| words::did_you_mean(node.value, cluster.iter().map(|known| &**known)))
            .collect();
        let mut by_node: FxHashMap<&str, Vec<&Use<'_>>> = FxHashMap::default();
        for one in storage.uses.iter().filter(|one| !one.is_unused) {
            let Some(node) = one.node.filter(|node| !section.is_on_node(node.as_bytes()) && !misspelt.contains(node))
            else {
                continue;
            };
            by_node.entry(node).or_default().push(one);
        }
        let mut by_node: Vec<_> = by_node.into_iter().collect();
        by_node.sort_unstable_by_key(|(node, _)| *node);
        for (node, uses) in by_node {
            let Some((first, others)) = uses.split_first() else { continue };
            let id = section.id.value;
            let (_, names) = guests(uses.iter().copied());
            let mut finding = editor
                .finding(section, line.value.span, format!("storage {id} isn't on {node}, where {names} needs it"))
                .about(node)
                .label(format!("{node} isn't in the list"))
                .related(first.place(), first.drive());
            finding = related(finding, others, Use::drive)
                .pve(format!("No start there: storage '{id}' is not available on node '{node}'."));
            if uses.iter().all(|one| one.is_template) {
                finding = finding.at_level(Level::Warning);
            }
            let mut all: Vec<String> = nodes.iter().map(|listed| words::name(listed.value)).collect();
            all.push(node.to_owned());
            sink.push(editor.set(finding, section, "nodes", &all.join(","), Some(line.line)));
        }
    }
}
