//! Two directories for one content kind.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, QuirkKind};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        let QuirkKind::ContentDirRepeated(kind) = quirk.kind else { continue };
        let id = section.id.value;
        let (dir, span) = section.content_dir(kind);
        let mut finding = view
            .finding(section, quirk.span, format!("storage `{id}` has two directories for `{kind}`"))
            .discriminator(kind.name())
            .label("PVE ignores this one");
        if let Some(span) = span {
            finding = finding.secondary(view.at(span), "the later one takes precedence");
        }
        sink.push(
            finding
                .consequence(format!("PVE looks for {kind} only in {dir}."))
                .edit(format!("remove one of the two in line {} of {PATH}", view.line(quirk.span))),
        );
    }
}
