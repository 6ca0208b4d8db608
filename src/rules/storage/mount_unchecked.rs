//! A directory below /mnt or /media that may be not mounted.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.type_name() == "dir" && !section.is_shared()) {
        let Some(path) = section.property("path") else { continue };
        let below = |dir: &str| path.value.value.starts_with(dir.as_bytes());
        if section.value("is_mountpoint").is_some() || !(below("/mnt/") || below("/media/")) || below("/mnt/pve/") {
            continue;
        }
        let id = section.id.value;
        let finding = view
            .finding(section, path.value.span, format!("PVE doesn't check that storage `{id}` is mounted"))
            .label("looks like a mount point")
            .consequence("While nothing is mounted there, PVE writes to the root file system until that is full. If this is a plain directory, that is fine.");
        sink.push(view.set_when(finding, section, "is_mountpoint", "yes", None, "if the path itself is a mount point"));
    }
}
