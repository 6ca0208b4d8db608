//! An absolute path in `content-dirs`.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        let QuirkKind::ContentDirAbsolute(kind) = quirk.kind else { continue };
        let id = section.id.value;
        let (dir, _) = section.content_dir(kind);
        let base = section.path().map(|path| words::name(&**path)).unwrap_or_default();
        let finding = view
            .finding(section, quirk.span, format!("storage `{id}` has an absolute directory for `{kind}`"))
            .discriminator(kind.name())
            .label("always relative to the storage's path")
            .consequence(format!("PVE puts the two together: {}{}.", base.trim_end_matches('/'), words::name(dir)))
            .edit(format!("write a directory below {base} in line {} of {PATH}", view.line(quirk.span)));
        sink.push(finding);
    }
}
