//! A content kind that the storage type cannot hold.

use super::{StorageView, article, is_live, kinds, kinds_in_words};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Ghost, Reason, Status};
use crate::model::tables::storage::{ContentKind, ContentSet};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for dropped in &view.cfg.dropped {
        let (Reason::Content(kind), Some(section)) = (&dropped.reason, view.section(dropped.section)) else {
            continue;
        };
        // A ghost for want of content says this itself.
        let says_it = matches!(section.status(), Status::Ghost(Ghost::NoContent(_)));
        let (true, Some(known)) = (is_live(section) && !says_it, section.storage_type) else { continue };
        let id = section.id.value;
        let finding = view
            .finding(
                section,
                dropped.span,
                format!("{} {} storage can't hold `{kind}`", article(known.name), known.name),
            )
            .discriminator(words::name(kind))
            .label(format!("possible here: {}", kinds_in_words(known.content(view.release()))))
            .consequence(format!(
                "PVE leaves the word out and warns whenever it reads the file; `{id}` holds {}.",
                kinds_in_words(section.content.kinds)
            ));
        let rest = view.kinds_in_use(section).iter().fold(section.content.kinds, ContentSet::with);
        let rest = if rest.len() > 1 { rest.without(ContentKind::None) } else { rest };
        sink.push(if rest.is_empty() {
            view.set(finding, section, "content", &kinds(known.default_content), Some(dropped.span))
        } else {
            view.set(finding, section, "content", &kinds(rest), Some(dropped.span))
        });
    }
}
