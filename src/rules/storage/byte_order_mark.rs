//! A byte order mark in front of the first line.

use super::{BYTE_ORDER_MARK, StorageView};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::storage::QuirkKind;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let Some(quirk) = cfg.quirks.iter().find(|quirk| quirk.kind == QuirkKind::ByteOrderMark) else { return };
    let mut finding = Finding::new("storage.cfg", view.at(quirk.span), "storage.cfg begins with a byte order mark")
        .label("invisible in most editors, but PVE reads it as part of the first word");
    finding = match cfg.sections.first().filter(|section| section.kind.value.starts_with(BYTE_ORDER_MARK)) {
        Some(first) => {
            let id = first.id.value;
            view.count_guests(finding, id).consequence(format!(
                "PVE skips the first section because of its unknown type: storage `{id}` doesn't exist, and the next change of any storage deletes its lines."
            ))
        }
        None => finding.at_level(Level::Warning).consequence("PVE logs and ignores the first line."),
    };
    sink.push(finding.fix_command(Command::new(r"sed -i '1s/^\xEF\xBB\xBF//' /etc/pve/storage.cfg")));
}
