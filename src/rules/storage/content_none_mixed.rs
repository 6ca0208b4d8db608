//! `content none` together with other kinds.

use super::{StorageView, kinds, kinds_in_words};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Ghost, Status};
use crate::model::tables::storage::ContentKind;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in &view.cfg.sections {
        let Status::Ghost(Ghost::NoneMixed(span)) = section.status() else { continue };
        let id = section.id.value;
        let rest = section.content.kinds.without(ContentKind::None);
        let finding = view
            .finding(section, *span, format!("the content of storage `{id}` is none and {}", kinds_in_words(rest)))
            .label("none can't be combined with others")
            .consequence("PVE keeps only the name of the storage: `pvesm status` and every change of any storage fail on the whole cluster.");
        let finding = view.count_guests(finding, id);
        sink.push(view.write_line(finding, section, &format!("content {}", kinds(rest)), Some(*span)));
    }
}
