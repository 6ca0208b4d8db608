//! Two sections with one id.

use super::{StorageView, is_ghost};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{By, PATH, QuirkKind};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for quirk in &view.cfg.quirks {
        let QuirkKind::Overridden(By::Section(later)) = quirk.kind else { continue };
        let (Some(section), Some(later)) = (view.section(quirk.section), view.section(Some(later))) else { continue };
        let id = section.id.value;
        let mut finding = view
            .finding(section, quirk.span, format!("storage `{id}` is defined twice"))
            .label("this section has no effect")
            .secondary(view.at(later.header), "the later one takes precedence")
            .consequence("PVE doesn't log it, and its next change of any storage deletes the first section.");
        if is_ghost(later) {
            finding = finding.consequence("The later one is broken, so the storage is neither of the two.");
        }
        let (first, second) = (view.line(quirk.span), view.line(later.header));
        sink.push(finding.edit(format!("remove or rename the section at line {first} or at line {second} of {PATH}")));
    }
}
