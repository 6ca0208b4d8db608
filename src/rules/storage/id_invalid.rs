//! A section whose id PVE does not accept.

use super::{StorageView, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Absent, PATH, Status};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in &view.cfg.sections {
        if section.status() != Status::Absent(Absent::BadId) {
            continue;
        }
        let id = section.id.value;
        let label = match &**id {
            [_] => "at least two characters",
            [first, ..] if !first.is_ascii_alphabetic() => "must begin with a letter",
            [.., last] if !last.is_ascii_alphanumeric() => "must end with a letter or digit",
            _ => "PVE accepts only letters, digits and - _ .",
        };
        let finding = view
            .finding(section, section.id.span, format!("`{}` isn't a valid storage id", short(id)))
            .label(label)
            .consequence("PVE skips the section: the storage doesn't exist, and the next change of any storage deletes its lines.")
            .edit(format!(
                "choose another id in line {} of {PATH}, and write it wherever guests, jobs and ACLs name the storage",
                view.line(section.header)
            ));
        sink.push(finding);
    }
}
