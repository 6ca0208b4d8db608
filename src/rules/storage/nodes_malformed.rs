//! A word in `nodes` that is no node name: the whole line is ignored.

use super::{Editor, short};
use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::format;
use crate::model::storage::PATH;
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-nodes-malformed",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    let cfg = editor.cfg;
    let release = editor.release();
    let nodes: FxHashSet<&[u8]> = context.cluster.tree.nodes.iter().map(|node| node.as_bytes()).collect();
    for refused in editor.refused().filter(|refused| refused.is("nodes")) {
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
        meant.extend(editor.nodes_wanted(section));
        let mut seen = FxHashSet::default();
        meant.retain(|node| seen.insert(node.clone()));
        let Some(bad) = bad else { continue };
        let label = if bad.value.contains(&b'.') {
            "the bare name of the node, without domain"
        } else {
            "letters, digits and hyphens only"
        };
        let finding = editor
            .finding(section, bad.span, format!("{} is no node name", short(bad.value)))
            .label(label)
            .pve(format!("PVE ignores the whole line: storage {id} is offered on every node, and fails on those that don't have it."));
        sink.push(if sure {
            editor.set(finding, section, "nodes", &meant.join(","), Some(value.span))
        } else {
            finding.edit(format!(
                "write the names of the nodes, separated by commas, in line {} of {PATH}",
                editor.line(value.span)
            ))
        });
    }
}
