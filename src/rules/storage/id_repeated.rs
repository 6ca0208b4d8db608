//! Two sections with one id.

use super::{Editor, is_ghost};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{By, OddKind, PATH};
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-id-repeated",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for odd in &editor.cfg.odd {
        let OddKind::Overridden(By::Section(later)) = odd.kind else { continue };
        let (Some(section), Some(later)) = (editor.section(odd.section), editor.section(Some(later))) else { continue };
        let id = section.id.value;
        let mut finding = editor
            .finding(section, odd.span, format!("storage {id} is defined twice"))
            .label("nothing of this section is in effect")
            .also(editor.at(later.header), "the later one wins")
            .pve("PVE says nothing, and its next change of any storage deletes the first section.");
        if is_ghost(later) {
            finding = finding.pve("The later one is broken, so that the storage is neither of the two.");
        }
        let (first, second) = (editor.line(odd.span), editor.line(later.header));
        sink.push(finding.edit(format!("remove or rename the section at line {first} or at line {second} of {PATH}")));
    }
}
