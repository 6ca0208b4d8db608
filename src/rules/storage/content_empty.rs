//! A `content` that leaves nothing, on a type that must hold something.

use super::{StorageView, article, kinds, kinds_in_words};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Ghost, Status};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in &view.cfg.sections {
        let Status::Ghost(Ghost::NoContent(span)) = section.status() else { continue };
        let Some(known) = section.storage_type else { continue };
        let id = section.id.value;
        let finding = view
            .finding(section, *span, format!("the content of storage `{id}` is nothing that {} {} storage can hold", article(known.name), known.name))
            .label(format!("possible here: {}", kinds_in_words(known.content(view.release()))))
            .consequence("PVE keeps only the name of the storage: `pvesm status` and every change of any storage fail on the whole cluster.");
        let finding = view.count_guests(finding, id);
        let content = format!("content {}", kinds(known.default_content));
        sink.push(view.write_line(finding, section, &content, Some(*span)));
    }
}
