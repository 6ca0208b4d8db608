//! `maxfiles` beside `prune-backups`.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::OddKind;
use crate::release::Release;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-maxfiles-ignored",
    level: Level::Note,
    needs: &[Input::Storage],
    since: None,
    until: Some(Release::Pve8),
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for (odd, section) in editor.odd() {
        if odd.kind == OddKind::MaxfilesIgnored {
            let id = section.id.value;
            let finding = editor
                .finding(section, odd.span, format!("maxfiles of storage {id} doesn't count"))
                .label("prune-backups wins")
                .pve("PVE deletes the line with its next change of any storage.");
            sink.push(editor.remove_line(finding, odd.span));
        }
    }
}
