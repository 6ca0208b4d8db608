//! Two ids that differ only in case.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::QuirkKind;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        let QuirkKind::CaseTwin(other) = quirk.kind else { continue };
        let id = section.id.value;
        let finding = view
            .finding(section, quirk.span, format!("storages `{}` and `{id}` differ only in case", other.value))
            .secondary(view.at(other.span), "another storage")
            .consequence("For PVE they are two storages, but people confuse them.")
            .edit("rename one of them, and its volume ids in the guests");
        sink.push(finding);
    }
}
