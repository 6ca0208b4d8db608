//! `format subvol` as the default of a directory storage.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-format-subvol",
    level: Level::Warning,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    let dirs = editor.storages().filter(|section| section.type_name() == "dir");
    for section in dirs {
        let Some(format) = section.property("format").filter(|format| *format.value.value == "subvol") else {
            continue;
        };
        let id = section.id.value;
        let finding = editor
            .finding(section, format.value.span, format!("new disks on storage {id} would be directories"))
            .label("only for containers without a size limit")
            .pve("A disk has a size and a subvol on a directory has none, so that making a VM's disk here fails.");
        sink.push(editor.set(finding, section, "format", "raw", Some(format.line)));
    }
}
