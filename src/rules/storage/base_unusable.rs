//! An LVM storage on an iSCSI storage that cannot be used.

use super::StorageView;
use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::PATH;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let lost: FxHashSet<&[u8]> = cfg.lost_ids().map(|id| &**id).collect();
    for section in view.storages().filter(|section| !section.is_disabled()) {
        let Some((base, id)) = section.base() else { continue };
        let (span, name) = (base.value.span, section.id.value);
        // A ghost, and a section that PVE skips, say so themselves.
        let finding = match cfg.get(id) {
            None if lost.contains(id) => continue,
            None => view
                .finding(
                    section,
                    span,
                    format!("storage `{name}` is on storage `{}`, which doesn't exist", words::name(id)),
                )
                .label("no such storage")
                .edit(format!("define storage {} again in {PATH}", words::name(id))),
            Some(below) if below.is_effective() && below.is_disabled() => {
                let finding = view
                    .finding(
                        section,
                        span,
                        format!("storage `{name}` is on storage `{}`, which is disabled", words::name(id)),
                    )
                    .label("disabled");
                let disable = below.property("disable").map(|disable| disable.line);
                let finding = disable.iter().fold(finding, |finding, &line| finding.secondary(view.at(line), "here"));
                view.set(finding, below, "disable", "0", disable)
            }
            Some(_) => continue,
        };
        let finding =
            finding.consequence("PVE activates the storage below first: nothing on the volume group can be used.");
        sink.push(view.count_guests(finding, name));
    }
}
