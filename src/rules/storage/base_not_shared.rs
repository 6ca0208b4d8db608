//! An LVM storage on iSCSI that is not marked as shared.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cluster = &context.cluster.tree.nodes;
    for section in view.storages().filter(|section| !section.is_disabled() && !section.is_shared()) {
        let Some((base, id)) = section.base() else { continue };
        let is_iscsi = view.cfg.storage(id).is_some_and(|below| below.type_name() == "iscsi");
        // With one node there is nobody to share with.
        let nodes = section.nodes.as_ref().map_or(cluster.len(), Vec::len);
        if !is_iscsi || nodes < 2 {
            continue;
        }
        let name = section.id.value;
        let finding = view
            .finding(section, base.value.span, format!("storage `{name}` is on iSCSI but not shared"))
            .label("every node sees this LUN")
            .consequence("Without `shared 1` each node locks the volume group only for itself, so two can change it at once, and migration copies what both nodes have.");
        let line = section.property("shared").map(|shared| shared.line);
        sink.push(view.set(finding, section, "shared", "1", line));
    }
}
