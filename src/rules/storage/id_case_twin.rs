//! Two ids that differ only in case.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::OddKind;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-id-case-twin",
    level: Level::Note,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for (odd, section) in editor.odd() {
        let OddKind::CaseTwin(other) = odd.kind else { continue };
        let id = section.id.value;
        let finding = editor
            .finding(section, odd.span, format!("storages {} and {id} differ only in case", other.value))
            .also(editor.at(other.span), "a storage of its own")
            .pve("To PVE they are two storages; people mix them up.")
            .edit("rename one of them, and its volume ids in the guests");
        sink.push(finding);
    }
}
