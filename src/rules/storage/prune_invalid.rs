//! A retention that PVE refuses, so that it keeps every backup.

use super::{StorageView, pve_message};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused().filter(|refused| refused.is("prune-backups")) {
        let (section, Some((problem, value))) = (refused.section, refused.problem()) else { continue };
        let id = section.id.value;
        let text = words::name(value.value);
        let tight: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let blanks = tight != text && view.cfg.accepts(section, "prune-backups", tight.as_bytes());
        let label = if blanks { "no blanks between the parts".to_owned() } else { pve_message(problem) };
        let span = problem.parts.first().map_or(problem.span, |part| part.span);
        let finding = view
            .finding(section, span, format!("PVE refuses the retention of storage `{id}`"))
            .label(label)
            .consequence("PVE ignores the line, and a backup job without its own retention keeps every backup until the storage is full.");
        sink.push(if blanks {
            view.set(finding, section, "prune-backups", &tight, Some(value.span))
        } else {
            finding.edit(format!(
                "write in line {} of {PATH} how much to keep, such as `prune-backups keep-last=3,keep-weekly=4`",
                view.line(value.span)
            ))
        });
    }
}
