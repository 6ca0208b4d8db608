//! A header that stands inside another section.

use super::Editor;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{OddKind, PATH, Property, Separator};
use crate::rules::{Check, Context, Rule, Sink, words};
use rustc_hash::FxHashMap;

/// The rule.
pub static RULE: Rule = Rule {
    id: "storage-header-swallowed",
    level: Level::Error,
    needs: &[Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(editor) = Editor::of(context) else { return };
    let cfg = editor.cfg;
    let mut adopted: FxHashMap<usize, Vec<&Property<'_>>> = FxHashMap::default();
    for odd in &cfg.odd {
        if let (OddKind::Adopted { property, line }, Some(section)) = (&odd.kind, editor.section(odd.section)) {
            adopted.entry(*line).or_default().extend(section.properties.get(*property));
        }
    }
    for odd in &cfg.odd {
        let (OddKind::SwallowedHeader { header, line, separator }, Some(section)) =
            (&odd.kind, editor.section(odd.section))
        else {
            continue;
        };
        let number = line + 1;
        let (label, edit) = match separator {
            // The rule about DOS line ends explains these.
            Separator::CarriageReturn => continue,
            Separator::Nothing => {
                ("no empty line above it", format!("insert an empty line above line {number} of {PATH}"))
            }
            Separator::Comment => {
                ("a comment above it ends no section", format!("insert an empty line above line {number} of {PATH}"))
            }
            Separator::Blanks => (
                "the line above it isn't empty: it holds blanks",
                format!("remove the blanks in line {line} of {PATH}"),
            ),
        };
        let (id, owner) = (words::name(header.id), section.id.value);
        let message = if cfg.get(header.id).is_some() {
            format!("this definition of storage {id} doesn't count: PVE reads it as part of storage {owner}")
        } else {
            format!("storage {id} doesn't exist: PVE reads its header as part of storage {owner}")
        };
        let mut finding = Finding::new(format!("storage.cfg: {id}"), editor.at(odd.span), message).label(label);
        for property in adopted.get(line).into_iter().flatten().take(3) {
            finding = finding.also(editor.at(property.line), format!("storage {owner} has this now"));
        }
        finding = finding.pve("PVE logs the line and goes on; the lines below go to the section above, or nowhere, and its next change of any storage deletes what is left.");
        if cfg.get(header.id).is_none() {
            finding = editor.count_guests(finding, header.id);
        }
        sink.push(finding.edit(edit));
    }
}
