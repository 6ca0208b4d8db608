//! A `format` that the storage type does not have.

use super::{StorageView, article, is_live};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::Reason;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for dropped in &view.cfg.dropped {
        let (Reason::Format(format), Some(section)) = (&dropped.reason, view.section(dropped.section)) else {
            continue;
        };
        let (true, Some(known)) = (is_live(section), section.storage_type) else { continue };
        let id = section.id.value;
        let label = match known.formats(view.release()) {
            Some(formats) => format!("possible here: {}", formats.join(", ")),
            None => format!("{} {} storage has no disk images in formats", article(known.name), known.name),
        };
        let default = known.formats(view.release()).and_then(|formats| formats.first()).unwrap_or(&"raw");
        let finding = view
            .finding(section, dropped.span, format!("storage `{id}` can't create images in format `{format}`"))
            .label(label)
            .consequence(format!(
                "PVE ignores the line and warns whenever it reads the file; new images are {default}."
            ));
        sink.push(view.remove_line(finding, dropped.span));
    }
}
