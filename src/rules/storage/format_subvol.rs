//! `format subvol` as the default of a directory storage.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let dirs = view.storages().filter(|section| section.type_name() == "dir");
    for section in dirs {
        let Some(format) = section.property("format").filter(|format| *format.value.value == "subvol") else {
            continue;
        };
        let id = section.id.value;
        let finding = view
            .finding(section, format.value.span, format!("new disks on storage `{id}` would be directories"))
            .label("only for containers without a size limit")
            .consequence("A disk has a size but a subvol on a directory has none, so creating a VM's disk here fails.");
        sink.push(view.set(finding, section, "format", "raw", Some(format.line)));
    }
}
