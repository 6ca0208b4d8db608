//! A header that stands inside another section.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{PATH, Property, QuirkKind, Separator};
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let mut adopted: FxHashMap<usize, Vec<&Property<'_>>> = FxHashMap::default();
    for quirk in &cfg.quirks {
        if let (QuirkKind::Adopted { property, line }, Some(section)) = (&quirk.kind, view.section(quirk.section)) {
            adopted.entry(*line).or_default().extend(section.properties.get(*property));
        }
    }
    for quirk in &cfg.quirks {
        let (QuirkKind::SwallowedHeader { header, line, separator }, Some(section)) =
            (&quirk.kind, view.section(quirk.section))
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
            Separator::Comment => (
                "a comment above it doesn't end a section",
                format!("insert an empty line above line {number} of {PATH}"),
            ),
            Separator::Blanks => (
                "the line above it isn't empty: it contains blanks",
                format!("remove the blanks in line {line} of {PATH}"),
            ),
        };
        let (id, owner) = (words::name(header.id), section.id.value);
        let message = if cfg.get(header.id).is_some() {
            format!("this definition of storage `{id}` has no effect: PVE reads it as part of storage `{owner}`")
        } else {
            format!("storage `{id}` doesn't exist: PVE reads its header as part of storage `{owner}`")
        };
        let mut finding = Finding::new(format!("storage.cfg: {id}"), view.at(quirk.span), message).label(label);
        for property in adopted.get(line).into_iter().flatten().take(3) {
            finding = finding.secondary(view.at(property.line), format!("storage `{owner}` now has this"));
        }
        finding = finding.consequence("PVE logs and ignores the line; it adds the lines below to the section above or drops them, and its next change of any storage deletes the rest.");
        if cfg.get(header.id).is_none() {
            finding = view.count_guests(finding, header.id);
        }
        sink.push(finding.edit(edit));
    }
}
