//! `maxfiles` beside `prune-backups`.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::QuirkKind;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check).until(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for (quirk, section) in view.quirks() {
        if quirk.kind == QuirkKind::MaxfilesIgnored {
            let id = section.id.value;
            let finding = view
                .finding(section, quirk.span, format!("maxfiles of storage `{id}` has no effect"))
                .label("prune-backups takes precedence")
                .consequence("PVE deletes the line with its next change of any storage.");
            sink.push(view.remove_line(finding, quirk.span));
        }
    }
}
