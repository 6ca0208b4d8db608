//! A storage that may hold nothing at all.

use super::{StorageView, kinds};
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::storage::Reason;
use crate::model::tables::storage::ContentKind;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let unsupported: FxHashSet<Option<usize>> = view
        .cfg
        .dropped
        .iter()
        .filter(|dropped| matches!(dropped.reason, Reason::Content(_)))
        .map(|dropped| dropped.section)
        .collect();
    for (at, section) in view.cfg.sections.iter().enumerate() {
        let holds = section.content.kinds;
        let nothing = holds.without(ContentKind::None).is_empty();
        let (true, true, Some(known)) = (nothing, section.is_effective(), section.storage_type) else { continue };
        // iSCSI targets below LVM are meant to be so; and a guest's volume on it is a finding of its own.
        let parked = matches!(known.name, "iscsi" | "iscsidirect") || section.is_disabled();
        if parked || unsupported.contains(&Some(at)) || !context.uses().on(section.id.value).is_empty() {
            continue;
        }
        let span = section.property("content").map_or(section.header, |content| content.value.span);
        let id = section.id.value;
        let mut finding =
            view.finding(section, span, format!("storage `{id}` can't hold anything")).label("no content");
        let activates = !known.is_path_based() || view.release() < Release::Pve8 || holds.is_empty();
        finding = if activates {
            finding.consequence("PVE doesn't offer it anywhere.")
        } else {
            finding.consequence("PVE can't activate a directory storage with `content none`: `unknown vtype 'none'`.")
        };
        let finding = view.set(finding, section, "content", &kinds(known.default_content), Some(span));
        let command = Command::new("pvesm set").arg(id).words("--disable 1");
        sink.push(if view.is_settable(section, "disable") {
            finding.fix_command_when(command, "if it is meant for later")
        } else {
            finding
        });
    }
}
