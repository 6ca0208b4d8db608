//! A guest on a node that does not have its storage.

use super::{Use, guests, related};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::storage::{StorageView, node_set};
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cluster = &context.cluster.tree.nodes;
    let known: FxHashSet<&[u8]> = cluster.iter().map(|node| node.as_bytes()).collect();
    for storage in context.uses().storages() {
        let Some(section) = storage.storage() else { continue };
        let (Some(nodes), Some(line)) = (node_set(section), section.property("nodes")) else { continue };
        // A list of nobody, and one that names only nodes that don't exist, is the mistake there.
        if nodes.is_disjoint(&known) {
            continue;
        }
        let strangers = nodes.difference(&known).take(16);
        let misspelt: FxHashSet<&str> =
            strangers.filter_map(|node| words::did_you_mean(node, cluster.iter().map(|known| &**known))).collect();
        let lacks = |one: &&Use<'_>| {
            !one.is_unused && one.node.is_some_and(|node| !nodes.contains(node.as_bytes()) && !misspelt.contains(node))
        };
        let mut uses: Vec<&Use<'_>> = storage.uses.iter().filter(lacks).collect();
        // Those first that are to start.
        uses.sort_by_key(|one| one.is_template);
        let Some((first, others)) = uses.split_first() else { continue };
        let id = section.id.value;
        let mut lacking: Vec<&str> = uses.iter().filter_map(|one| one.node).collect();
        lacking.sort_unstable();
        lacking.dedup();
        let (n, names) = guests(uses.iter().copied());
        let needs = if n == 1 { "needs" } else { "need" };
        let on = words::list(&lacking, 4);
        let mut finding = view
            .finding(section, line.value.span, format!("storage `{id}` isn't on {on}, where {names} {needs} it"))
            .label(format!("{on} {} in the list", if lacking.len() == 1 { "isn't" } else { "aren't" }))
            .related(first.place(), first.drive());
        finding = related(finding, others, Use::drive).consequence(format!(
            "They don't start there: `storage '{id}' is not available on node '{}'`.",
            first.node.unwrap_or_default()
        ));
        if first.is_template {
            finding = finding.at_level(Level::Warning);
        }
        sink.push(view.set(finding, section, "nodes", &view.nodes_wanted(section).join(","), Some(line.line)));
    }
}
