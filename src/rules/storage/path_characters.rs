//! The path of a directory storage with characters that PVE refuses.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Ghost, PATH, Status};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in &view.cfg.sections {
        let Status::Ghost(Ghost::IllegalPath(span)) = section.status() else { continue };
        let id = section.id.value;
        let path = words::name(span.bytes(view.cfg.text));
        let legal = |c: char| c.is_ascii_alphanumeric() || "-/_.@".contains(c);
        let bad = path.chars().find(|&c| !legal(c)).unwrap_or(' ');
        let bad = if bad == ' ' { "a blank".to_owned() } else { format!("`{bad}`") };
        let mut finding = view
            .finding(section, *span, format!("the path of storage `{id}` contains {bad}"))
            .label("PVE accepts only letters, digits and - / _ . @ here")
            .consequence("PVE keeps only the name of the storage: `pvesm status` and every change of any storage fail on the whole cluster.");
        finding = match path.split_once([' ', '\t']) {
            Some((real, rest)) if rest.trim_start().starts_with('#') && real.chars().all(legal) => view.write_line(
                finding.consequence("There are no comments after a value."),
                section,
                &format!("path {real}"),
                Some(*span),
            ),
            _ => finding
                .edit(format!("rename the directory, and write its new path in line {} of {PATH}", view.line(*span))),
        };
        sink.push(view.count_guests(finding, id));
    }
}
