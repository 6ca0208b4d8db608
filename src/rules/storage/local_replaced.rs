//! A section `local` that PVE throws away.

use super::{StorageView, is_ghost};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{By, PATH, QuirkKind};
use crate::model::tables::storage::{self as tables};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for quirk in &view.cfg.quirks {
        let (QuirkKind::Overridden(By::ImplicitLocal), Some(section)) = (&quirk.kind, view.section(quirk.section))
        else {
            continue;
        };
        let path = section.property("path");
        let (span, label) = if section.type_name() != tables::LOCAL_TYPE {
            (section.kind.span, "local is always a dir storage")
        } else if is_ghost(section) || path.is_none() {
            (section.header, "the section is broken")
        } else {
            (path.map_or(section.header, |path| path.value.span), "local is always /var/lib/vz")
        };
        let finding = view
            .finding(section, span, "PVE replaces storage `local` with its own")
            .label(label)
            .consequence("PVE silently uses /var/lib/vz with every kind of content on every node instead, and its next change of any storage writes that to the file.")
            .edit(format!(
                "give the storage another id in line {} of {PATH}, and change the volume ids in its guests",
                view.line(section.header)
            ));
        sink.push(view.count_guests(finding, section.id.value));
    }
}
