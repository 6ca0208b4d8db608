//! A word in `nodes` that is no node name: the whole line is ignored.

use super::{StorageView, short};
use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::format;
use crate::model::storage::PATH;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let release = view.release();
    let nodes: FxHashSet<&[u8]> = context.cluster.tree.nodes.iter().map(|node| node.as_bytes()).collect();
    for refused in view.refused().filter(|refused| refused.is("nodes")) {
        let (section, Some((_, value))) = (refused.section, refused.problem()) else { continue };
        let id = section.id.value;
        let mut meant = Vec::new();
        let mut bad = None;
        let mut sure = true;
        for item in cfg.items(value) {
            let name = if format::node(item.value, release).is_ok() {
                words::name(item.value)
            } else {
                bad.get_or_insert(item);
                let first = item.value.split(|&b| b == b'.').next().unwrap_or_default();
                sure &= first.len() < item.value.len() && format::node(first, release).is_ok();
                words::name(first)
            };
            sure &= nodes.is_empty() || nodes.contains(name.as_bytes());
            meant.push(name);
        }
        meant.extend(view.nodes_wanted(section));
        let mut seen = FxHashSet::default();
        meant.retain(|node| seen.insert(node.clone()));
        let Some(bad) = bad else { continue };
        let label = if bad.value.contains(&b'.') {
            "the bare name of the node, without domain"
        } else {
            "letters, digits and hyphens only"
        };
        let finding = view
            .finding(section, bad.span, format!("`{}` isn't a valid node name", short(bad.value)))
            .label(label)
            .consequence(format!("PVE ignores the whole line: it offers storage `{id}` on every node, and it fails on those that don't have it."));
        sink.push(if sure {
            view.set(finding, section, "nodes", &meant.join(","), Some(value.span))
        } else {
            finding.edit(format!(
                "write the names of the nodes, separated by commas, in line {} of {PATH}",
                view.line(value.span)
            ))
        });
    }
}
