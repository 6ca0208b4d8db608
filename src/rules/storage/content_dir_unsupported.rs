//! `content-dirs` for a kind that the storage type cannot hold.

use super::{Editor, article, is_live, kinds_in_words};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, Reason};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-content-dir-unsupported",
    level: Level::Warning,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    for dropped in &editor.cfg.dropped {
        let (Reason::ContentDir(kind), Some(section)) = (&dropped.reason, editor.section(dropped.section)) else {
            continue;
        };
        let (true, Some(known)) = (is_live(section), section.storage_type) else { continue };
        let finding = editor
            .finding(section, dropped.span, format!("{} {} storage can't hold {kind}", article(known.name), known.name))
            .about(words::name(kind))
            .label(format!("possible here: {}", kinds_in_words(known.content(editor.release()))))
            .pve("PVE leaves the part out and warns whenever it reads the file.")
            .edit(format!("remove the part in line {} of {PATH}", editor.line(dropped.span)));
        sink.push(finding);
    }
}
