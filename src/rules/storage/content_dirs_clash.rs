//! Two content kinds in one directory.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, QuirkKind};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        let QuirkKind::ContentDirClash(one, other) = quirk.kind else { continue };
        let id = section.id.value;
        let finding = view
            .finding(section, quirk.span, format!("storage `{id}` keeps `{one}` and `{other}` in one directory"))
            .discriminator(format!("{one},{other}"))
            .label(format!("{} for both", section.content_dir(one).0));
        let finding = if view.release() < Release::Pve8 {
            finding
                .at_level(Level::Warning)
                .consequence("PVE 7 mixes up the two; PVE 8 and later refuse to activate the storage.")
        } else {
            finding.consequence("PVE refuses to activate the storage: nothing on it can be used.")
        };
        sink.push(
            finding.edit(format!("give one of the two another directory in line {} of {PATH}", view.line(quirk.span))),
        );
    }
}
