//! DOS line ends, which make no line empty.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::storage::{QuirkKind, Separator};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let Some((quirk, lines)) = cfg.quirks.iter().find_map(|quirk| match quirk.kind {
        QuirkKind::DosLineEnds { lines } => Some((quirk, lines)),
        _ => None,
    }) else {
        return;
    };
    let swallowed: Vec<String> = cfg
        .quirks
        .iter()
        .filter_map(|quirk| match quirk.kind {
            QuirkKind::SwallowedHeader { header, separator: Separator::CarriageReturn, .. } => {
                Some(words::name(header.id))
            }
            _ => None,
        })
        .collect();
    let count = words::count(lines, "line");
    let mut finding = Finding::new("storage.cfg", view.at(quirk.span), format!("{count} of storage.cfg end in CR LF"))
        .label("a CR in front of the line feed");
    finding = if swallowed.is_empty() {
        finding
            .at_level(Level::Warning)
            .consequence("A line with just a CR isn't empty and doesn't end a section: the next section that is added by hand is lost.")
    } else {
        finding.consequence(format!(
            "A line with just a CR isn't empty and doesn't end a section. PVE reads the headers below as properties: {} {} exist.",
            words::list(&swallowed, 6),
            if swallowed.len() == 1 { "doesn't" } else { "don't" }
        ))
    };
    sink.push(finding.fix_command(Command::new(r"sed -i 's/\r$//' /etc/pve/storage.cfg")));
}
