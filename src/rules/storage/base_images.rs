//! An iSCSI storage below LVM that hands out its LUNs as disks.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::tables::storage::ContentKind;
use crate::rules::{Context, Rule, Sink};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let mut seen = FxHashSet::default();
    for section in view.storages() {
        let Some((base, id)) = section.base() else { continue };
        let Some(below) = view.cfg.storage(id).filter(|below| below.type_name() == "iscsi") else { continue };
        // Somebody who uses other LUNs directly means it.
        let used = !context.uses().on(id).is_empty();
        if used || !below.content.kinds.has(ContentKind::Images) || !seen.insert(below.id.value) {
            continue;
        }
        let (name, base_id) = (section.id.value, below.id.value);
        let content = below.property("content");
        let mut finding = view
            .finding(
                below,
                content.map_or(below.header, |content| content.value.span),
                format!("the LUN below storage `{name}` can be used as a disk of a VM"),
            )
            .label(if content.is_some() {
                "images: PVE offers its LUNs as disks"
            } else {
                "without content, PVE offers its LUNs as disks"
            })
            .secondary(view.at(base.value.span), "the volume group lies on one of them")
            .consequence(format!(
                "A VM that gets this LUN from storage `{base_id}` overwrites the volume group and every disk in it."
            ));
        if content.is_some() {
            finding = finding.at_level(Level::Note);
        }
        sink.push(view.set(finding, below, "content", "none", content.map(|content| content.line)));
    }
}
