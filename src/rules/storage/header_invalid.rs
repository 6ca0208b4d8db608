//! A line that is a header for people and none for PVE.

use super::{StorageView, lost_header};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{HeaderFault, PATH};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for dropped in &view.cfg.dropped {
        let Some(header) = lost_header(&dropped.reason) else { continue };
        let (kind, id) = (words::name(header.kind), words::name(header.id));
        let label = match header.fault {
            HeaderFault::Indented => "a header must not be indented",
            HeaderFault::BlankBeforeColon => "there must be no blank in front of the colon",
            HeaderFault::NoColon => "no colon after the type",
            HeaderFault::TextBehind => "nothing can follow the id, not even a comment",
            HeaderFault::NoId => "no id after the type",
        };
        let message = if id.is_empty() {
            format!("this {kind} storage has no id")
        } else {
            format!("storage `{id}` doesn't exist: PVE doesn't accept this line as a header")
        };
        let finding = Finding::new(format!("storage.cfg: {id}"), view.at(dropped.span), message)
            .label(label)
            .consequence("PVE logs and ignores the line and every line below it up to the next header; its next change of any storage deletes them.");
        let line = dropped.line;
        let edit = match header.fault {
            HeaderFault::NoId => format!("write `{kind}: ` and the id of the storage in line {line} of {PATH}"),
            _ => format!("write `{kind}: {id}` in line {line} of {PATH}"),
        };
        let finding = if id.is_empty() { finding } else { view.count_guests(finding, header.id) };
        sink.push(finding.edit(edit));
    }
}
