//! A glusterfs storage, which PVE 9 cannot use any more.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Absent, PATH, Status};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check).since(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let sections = view.cfg.sections.iter().filter(|section| section.kind.value.eq_ignore_ascii_case(b"glusterfs"));
    for section in sections {
        let id = section.id.value;
        let finding = match section.status() {
            Status::Ok => view
                .finding(section, section.kind.span, format!("PVE 9 doesn't have storage `{id}` any more"))
                .label("PVE 9 removed glusterfs")
                .at_level(Level::Warning)
                .consequence("After the upgrade, guests with volumes on it don't start, and PVE can't move the volumes.")
                .edit("before the upgrade, move its volumes to another storage, or mount the volume on every node and define it as a shared dir storage under the same name"),
            Status::Absent(Absent::UnknownType) => view
                .finding(section, section.kind.span, format!("storage `{id}` doesn't exist: {} has no glusterfs", view.release()))
                .label("removed in pve-storage 9.0.1")
                .consequence("PVE skips the section, guests with volumes on it don't start, and the next change of any storage deletes its lines.")
                .edit(format!("mount the volume on every node, and make the section at line {} of {PATH} a `dir` storage with that path, `shared 1` and `is_mountpoint 1`", view.line(section.header))),
            _ => continue,
        };
        sink.push(view.count_guests(finding, id));
    }
}
