//! Container ids that the map leaves out.

use super::{Mapped, ids};
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::words;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Warning, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::Unmapped(gaps)) = (problem.kind, &problem.why) else { continue };
        // The last id alone belongs to nobody.
        let gaps: Vec<_> = gaps.iter().filter(|gap| **gap != (65_535, 65_536)).collect();
        if gaps.is_empty() || mapped.is_broken(kind) {
            continue;
        }
        let list: Vec<_> = gaps.iter().map(|(first, end)| ids(*first, end - first)).collect();
        let mut finding = mapped
            .finding(problem.span, format!("container {} has no {} {}", guest.vmid_text(), kind.noun(), words::list(&list, 3)))
            .label("these ids are not mapped")
            .discriminator(kind.letter())
            .consequence("Their files belong to `nobody` (65534) in the container, and switching to such an id fails with `Invalid argument`.");
        if gaps.iter().any(|(first, end)| *first < 1000 || (*first <= 65_534 && 65_534 < *end)) {
            finding = finding.consequence("System accounts are among them: packages and services of the guest break.");
        }
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
