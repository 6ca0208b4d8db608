//! `maxfiles`, which PVE 9 does not know any more.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::number;
use crate::model::storage::Refusal;
use crate::release::Release;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-maxfiles-gone",
    level: Level::Error,
    needs: &[Input::Storage],
    since: Some(Release::Pve9),
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for refused in editor.refused().filter(|refused| refused.is("maxfiles") && *refused.refusal == Refusal::Unknown) {
        let section = refused.section;
        let id = section.id.value;
        let finding = editor
            .finding(section, refused.key.span, format!("PVE 9 ignores maxfiles of storage {id}"))
            .label("unknown since pve-storage 9.0.9");
        if section.property("prune-backups").is_some() {
            let finding = finding.at_level(Level::Note).pve("prune-backups says how much to keep.");
            sink.push(editor.remove_line(finding, refused.key.span));
            continue;
        }
        let finding =
            finding.pve("A backup job without a retention of its own keeps every backup until the storage is full.");
        let keep = refused.value.and_then(|value| number::integer(value.value)).filter(|&keep| keep >= 0);
        sink.push(match keep {
            Some(0) => editor.set(finding, section, "prune-backups", "keep-all=1", Some(refused.key.span)),
            Some(keep) => {
                editor.set(finding, section, "prune-backups", &format!("keep-last={keep}"), Some(refused.key.span))
            }
            None => editor.remove_line(finding, refused.key.span),
        });
    }
}
