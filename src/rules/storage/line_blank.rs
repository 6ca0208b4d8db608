//! Lines that look empty and hold blanks.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::storage::{Dropped, QuirkKind, Reason, Shape};
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let swallowed: FxHashSet<usize> = cfg
        .quirks
        .iter()
        .filter_map(|quirk| match quirk.kind {
            QuirkKind::SwallowedHeader { line, .. } => Some(line),
            _ => None,
        })
        .collect();
    let blank = |dropped: &&Dropped<'_>| {
        dropped.reason == Reason::Line(Shape::Blank)
            && !dropped.span.bytes(cfg.text).contains(&b'\r')
            && !swallowed.contains(&(dropped.line as usize))
    };
    let blanks: Vec<&Dropped<'_>> = cfg.dropped.iter().filter(blank).collect();
    if let Some(first) = blanks.first() {
        let count = words::count(blanks.len(), "line");
        let hold = if blanks.len() == 1 { "looks empty but contains" } else { "look empty but contain" };
        let finding = Finding::new("storage.cfg", view.at(first.span), format!("{count} of storage.cfg {hold} blanks"))
            .label("this doesn't end a section")
            .consequence("Nothing is lost yet, but PVE logs each such line whenever it reads the file, and a section added below is lost.")
            .fix_command(Command::new(r"sed -i 's/^[ \t]*$//' /etc/pve/storage.cfg"));
        sink.push(finding);
    }
}
