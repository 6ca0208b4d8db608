//! A section of a type that this release does not have.

use super::{StorageView, UnknownType, unknown_type};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Absent, PATH, Status};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let release = view.release();
    for section in &view.cfg.sections {
        let Status::Absent(Absent::UnknownType | Absent::NoType) = section.status() else { continue };
        let (id, kind) = (section.id.value, section.kind.value);
        let finding = view.finding(section, section.kind.span, format!("{release} has no storage type `{kind}`"));
        let gone = format!(
            "PVE skips the section: storage `{id}` doesn't exist, and the next change of any storage deletes its lines."
        );
        let finding = match unknown_type(section, release) {
            UnknownType::ByteOrderMark => continue,
            // Has a rule of its own.
            UnknownType::Other(other) if other.name == "glusterfs" => continue,
            UnknownType::Meant(meant) => finding
                .label(format!("did you mean `{meant}`?"))
                .consequence(gone)
                .edit(format!("write `{meant}: {id}` in line {} of {PATH}", view.line(section.header))),
            UnknownType::Other(other) => finding
                .label(format!("{} came with {}", other.name, other.since))
                .consequence(gone)
                .edit(format!("remove the section at line {} of {PATH}, or upgrade every node", view.line(section.header))),
            UnknownType::Plugin => finding
                .at_level(Level::Note)
                .label("a plugin in /usr/share/perl5/PVE/Storage/Custom could provide it")
                .consequence(format!("A node without that plugin skips the section: there, storage `{id}` doesn't exist, and a change of any storage deletes its lines."))
                .edit("install the plugin on every node of the cluster"),
        };
        sink.push(view.count_guests(finding, id));
    }
}
