//! Two storages on the same place.

use super::{StorageView, node_set};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::Section;
use crate::model::tables::storage::{ContentKind, ContentSet};
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

/// So many earlier storages on the same place are compared; nobody has more.
const MOST: usize = 8;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let release = view.release();
    let mut places: FxHashMap<Vec<u8>, Vec<&Section<'_>>> = FxHashMap::default();
    for section in view.storages().filter(|section| !section.is_disabled()) {
        let Some(place) = section.backing(release) else { continue };
        let earlier = places.entry(place).or_default();
        let clash = earlier.iter().find(|other| overlap(section, other) && on_one_node(section, other));
        if let Some(other) = clash {
            let (one, two) = (other.id.value, section.id.value);
            let finding = view
                .finding(section, section.header, format!("storages `{one}` and `{two}` are in the same place"))
                .discriminator(words::name(one))
                .label("the same disks under another name")
                .secondary(view.at(other.header), "first defined here")
                .consequence("Each image has two volume ids, and PVE doesn't know that: it counts the space twice, `qm disk rescan` finds disks of other guests, and a migration can abort.")
                .edit("let the guests use one of the two, then remove the other from storage.cfg; or give them different content");
            sink.push(finding);
        }
        if earlier.len() < MOST {
            earlier.push(section);
        }
    }
}

/// Whether both hold disks of the same sort.
fn overlap(one: &Section<'_>, other: &Section<'_>) -> bool {
    let disks = ContentSet::of(&[ContentKind::Images, ContentKind::Rootdir]);
    !one.content.kinds.and(other.content.kinds).and(disks).is_empty()
}

fn on_one_node(one: &Section<'_>, other: &Section<'_>) -> bool {
    match &one.nodes {
        Some(nodes) => node_set(other).is_none_or(|set| nodes.iter().any(|node| set.contains(&**node.value))),
        None => other.nodes.as_ref().is_none_or(|nodes| !nodes.is_empty()),
    }
}
