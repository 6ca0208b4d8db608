//! `mkdir`, which PVE 8 replaced.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::storage::PATH;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check).since(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages() {
        let Some(mkdir) = section.property("mkdir") else { continue };
        let id = section.id.value;
        let finding = view
            .finding(section, mkdir.line, format!("storage `{id}` uses mkdir, which is deprecated"))
            .label("create-base-path and create-subdirs since PVE 8")
            .consequence("It still works; PVE warns whenever the storage is changed.");
        let finding = if view.is_settable(section, "mkdir") {
            let value = if section.flag("mkdir") { "1" } else { "0" };
            finding.fix_command(
                Command::new("pvesm set")
                    .arg(id)
                    .words(&format!("--delete mkdir --create-base-path {value} --create-subdirs {value}")),
            )
        } else {
            finding.edit(format!(
                "write create-base-path and create-subdirs instead of line {} of {PATH}",
                view.line(mkdir.line)
            ))
        };
        sink.push(finding);
    }
}
