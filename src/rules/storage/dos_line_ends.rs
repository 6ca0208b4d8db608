//! DOS line ends, which make no line empty.

use super::Editor;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::storage::{OddKind, Separator};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-dos-line-ends",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    let cfg = editor.cfg;
    let Some((odd, lines)) = cfg.odd.iter().find_map(|odd| match odd.kind {
        OddKind::DosLineEnds { lines } => Some((odd, lines)),
        _ => None,
    }) else {
        return;
    };
    let swallowed: Vec<String> = cfg
        .odd
        .iter()
        .filter_map(|odd| match odd.kind {
            OddKind::SwallowedHeader { header, separator: Separator::CarriageReturn, .. } => {
                Some(words::name(header.id))
            }
            _ => None,
        })
        .collect();
    let count = words::count(lines, "line");
    let mut finding =
        Finding::new("storage.cfg", editor.at(odd.span), format!("{count} of storage.cfg end like in DOS"))
            .label("a CR in front of the line feed");
    finding = if swallowed.is_empty() {
        finding
            .at_level(Level::Warning)
            .pve("A line with nothing but a CR isn't empty and ends no section: the next section that is added by hand is lost.")
    } else {
        finding.pve(format!(
            "A line with nothing but a CR isn't empty and ends no section. PVE takes the headers below for properties: {} {} exist.",
            words::list(&swallowed, 6),
            if swallowed.len() == 1 { "doesn't" } else { "don't" }
        ))
    };
    sink.push(finding.mend(Command::new(r"sed -i 's/\r$//' /etc/pve/storage.cfg")));
}
