//! Two directories for one content kind.

use super::Editor;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{OddKind, PATH};
use crate::rules::{Check, Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-content-dir-repeated",
    level: Level::Warning,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for (odd, section) in editor.odd() {
        let OddKind::ContentDirRepeated(kind) = odd.kind else { continue };
        let id = section.id.value;
        let (dir, span) = section.content_dir(kind);
        let mut finding = editor
            .finding(section, odd.span, format!("storage {id} has two directories for {kind}"))
            .about(kind.name())
            .label("this one doesn't count");
        if let Some(span) = span {
            finding = finding.also(editor.at(span), "the later one counts");
        }
        sink.push(
            finding
                .pve(format!("PVE looks for {kind} in {dir} only."))
                .edit(format!("remove one of the two in line {} of {PATH}", editor.line(odd.span))),
        );
    }
}
