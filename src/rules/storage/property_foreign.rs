//! A property that other storage types have.

use super::{StorageView, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::Refusal;
use crate::model::tables::storage::Sharing;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused().filter(|refused| *refused.refusal == Refusal::Foreign) {
        let (section, key) = (refused.section, refused.key.value);
        let Some(known) = section.storage_type else { continue };
        let (id, kind) = (section.id.value, known.name);
        let is_on = refused.value.is_none_or(|value| value.value == "1");
        let mut finding = view
            .finding(
                section,
                refused.key.span,
                format!("storage `{id}` is of type {kind}, which has no `{}`", short(key)),
            )
            .discriminator(short(key))
            .label(format!("not a property of {kind}"))
            .consequence("PVE ignores the line, and its next change of any storage deletes it.");
        if refused.is("shared") {
            finding = match (known.sharing, is_on) {
                (Sharing::Always, true) => {
                    finding.at_level(Level::Note).label(format!("not needed: {kind} is always shared"))
                }
                (Sharing::Always, false) => finding.label(format!("{kind} is always shared")),
                (Sharing::Never, true) => finding
                    .at_level(Level::Error)
                    .label(format!("{kind} is never shared"))
                    .consequence("Migration copies the volumes, and if a node is lost, no other node has them."),
                (Sharing::Never, false) => {
                    finding.at_level(Level::Note).label(format!("not needed: {kind} is never shared"))
                }
                (Sharing::Settable, _) => finding,
            };
        }
        sink.push(view.remove_line(finding, refused.key.span));
    }
}
