//! `nodes` without any node.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{LOCAL, OddKind};
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-nodes-empty",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for (odd, section) in editor.odd() {
        // PVE takes away what local has.
        if odd.kind != OddKind::NoNodes || section.id.value == LOCAL {
            continue;
        }
        let id = section.id.value;
        let finding = editor
            .finding(section, odd.span, format!("storage {id} is on no node"))
            .label("a list without any name")
            .pve(format!("PVE takes this for a restriction to nothing: storage '{id}' is not available on node, wherever it is used."));
        let finding = editor.count_guests(finding, id);
        sink.push(editor.unset(finding, section, "nodes", odd.span));
    }
}
