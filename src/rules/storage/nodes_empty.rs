//! `nodes` without any node.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{LOCAL, QuirkKind};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        // PVE takes away what local has.
        if quirk.kind != QuirkKind::NoNodes || section.id.value == LOCAL {
            continue;
        }
        let id = section.id.value;
        let finding = view
            .finding(section, quirk.span, format!("storage `{id}` is on no node"))
            .label("a list without any name")
            .consequence(format!("PVE reads this as a restriction to no node: `storage '{id}' is not available on node` wherever it is used."));
        let finding = view.count_guests(finding, id);
        sink.push(view.unset(finding, section, "nodes", quirk.span));
    }
}
