//! A vmid that PVE's tools refuse.

use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};
use crate::source::FileKind;
use crate::text::{Place, Span};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

/// The vmids that the API takes.
pub(in crate::rules) const VALID: std::ops::RangeInclusive<u32> = 100..=999_999_999;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let cluster = context.cluster;
    let guests = cluster.sources.files_of(cluster.id);
    for file in guests.filter(|file| matches!(file.kind, FileKind::Container | FileKind::Vm)) {
        let Some(vmid) = file.vmid.filter(|vmid| !VALID.contains(vmid)) else { continue };
        let place = Place { file: file.id, span: Span::default() };
        let finding = Finding::new(format!("guest {vmid}"), place, format!("no command of PVE accepts vmid {vmid}"))
            .consequence(
                "pmxcfs lists the guest, and every `pct`, `qm` and API call refuses a number outside 100 to 999999999.",
            )
            .edit("with the guest stopped, rename the file to a free vmid, and its volumes with it");
        sink.push(finding);
    }
}
