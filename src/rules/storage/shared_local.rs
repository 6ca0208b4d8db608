//! /var/lib/vz marked as shared.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::tables::storage::{self as tables};
use crate::rules::{Context, Rule, Sink};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let shared =
        view.storages().filter(|section| matches!(section.type_name(), "dir" | "btrfs") && section.is_shared());
    for section in shared {
        let Some(shared) = section.property("shared") else { continue };
        let is_local =
            section.path().is_some_and(|path| path.trim_end_with(|c| c == '/') == tables::LOCAL_PATH.as_bytes());
        let mounted = section.value("is_mountpoint").is_some();
        if !is_local || mounted {
            continue;
        }
        let id = section.id.value;
        let mut finding = view
            .finding(section, shared.line, format!("storage `{id}` is on each node's own disk but marked as shared"))
            .label("shared only says that every node sees the same files")
            .consequence(
                "Migration and high availability copy nothing from it and expect the same files on the other node.",
            );
        if context.cluster.tree.nodes.len() == 1 {
            finding = finding.at_level(Level::Note);
        }
        sink.push(view.set(finding, section, "shared", "0", Some(shared.line)));
    }
}
