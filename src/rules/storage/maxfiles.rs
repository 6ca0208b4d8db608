//! `maxfiles`, which works up to PVE 8.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check).until(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages() {
        let Some(maxfiles) = section.property("maxfiles").filter(|_| section.property("prune-backups").is_none())
        else {
            continue;
        };
        let id = section.id.value;
        let finding = view
            .finding(section, maxfiles.line, format!("storage `{id}` uses maxfiles, which PVE 9 doesn't know"))
            .label("up to PVE 8")
            .consequence("After the upgrade PVE ignores the line and keeps every backup until the storage is full.");
        let keep = match &**maxfiles.value.value {
            b"0" => "keep-all=1".to_owned(),
            keep => format!("keep-last={}", words::name(keep)),
        };
        sink.push(view.set(finding, section, "prune-backups", &keep, Some(maxfiles.line)));
    }
}
