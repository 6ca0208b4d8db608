//! A shared directory that may be not mounted.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::tables::storage::{self as tables};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.type_name() == "dir" && section.is_shared()) {
        let (Some(shared), Some(path)) = (section.property("shared"), section.path()) else { continue };
        if section.value("is_mountpoint").is_some() || path.starts_with(tables::LOCAL_PATH.as_bytes()) {
            continue;
        }
        let id = section.id.value;
        let finding = view
            .finding(section, shared.line, format!("PVE doesn't check that shared storage `{id}` is mounted"))
            .label("no is_mountpoint")
            .consequence("While it isn't, PVE creates the directories below the mount point, and backups and disks go to the node's own root file system.");
        sink.push(view.set_when(finding, section, "is_mountpoint", "yes", None, "if the path itself is a mount point"));
    }
}
