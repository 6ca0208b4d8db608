//! `nodes` on `local`, which PVE takes away.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::OddKind;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-local-nodes",
    level: Level::Warning,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for (odd, section) in editor.odd() {
        if odd.kind == OddKind::LocalNodes {
            let finding = editor
                .finding(section, odd.span, "storage local is on every node, whatever nodes says")
                .label("PVE takes this away")
                .pve("The storage is offered on every node; its next change by PVE deletes the line.");
            sink.push(editor.remove_line(finding, odd.span));
        }
    }
}
