//! `content-dirs` for a kind that the storage type cannot hold.

use super::{StorageView, article, is_live, kinds_in_words};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, Reason};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for dropped in &view.cfg.dropped {
        let (Reason::ContentDir(kind), Some(section)) = (&dropped.reason, view.section(dropped.section)) else {
            continue;
        };
        let (true, Some(known)) = (is_live(section), section.storage_type) else { continue };
        let finding = view
            .finding(
                section,
                dropped.span,
                format!("{} {} storage can't hold `{kind}`", article(known.name), known.name),
            )
            .discriminator(words::name(kind))
            .label(format!("possible here: {}", kinds_in_words(known.content(view.release()))))
            .consequence("PVE leaves the part out and warns whenever it reads the file.")
            .edit(format!("remove the part in line {} of {PATH}", view.line(dropped.span)));
        sink.push(finding);
    }
}
