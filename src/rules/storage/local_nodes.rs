//! `nodes` on `local`, which PVE takes away.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::QuirkKind;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        if quirk.kind == QuirkKind::LocalNodes {
            let finding = view
                .finding(section, quirk.span, "storage `local` is on every node, whatever `nodes` says")
                .label("PVE drops this")
                .consequence(
                    "PVE offers the storage on every node, and deletes the line with its next change of any storage.",
                );
            sink.push(view.remove_line(finding, quirk.span));
        }
    }
}
