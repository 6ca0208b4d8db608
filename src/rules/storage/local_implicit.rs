//! No section `local`, so that PVE makes one up.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::LOCAL;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let Some(local) = &view.cfg.implicit_local else { return };
    let named =
        view.cfg.sections.iter().any(|section| section.id.value == LOCAL) || view.cfg.lost_ids().any(|id| id == LOCAL);
    if !named {
        let finding = view.finding(local, local.header, "storage `local` isn't defined but still exists").consequence(
            "PVE adds it itself: /var/lib/vz on every node, with images, rootdir, iso, vztmpl, backup and snippets.",
        );
        sink.push(view.set(finding, local, "content", "backup,iso,vztmpl", None));
    }
}
