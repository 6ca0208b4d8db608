//! A map that leaves out the container's root.

use super::Mapped;
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::RootUnmapped) = (problem.kind, &problem.why) else { continue };
        let mut finding = mapped
            .finding(problem.span, format!("the id map of container {} maps no {} 0", guest.vmid_text(), kind.noun()))
            .label("no entry begins at container id 0")
            .discriminator(kind.letter())
            .consequence("The container doesn't start: its first process can't become root (Failed to switch to gid 0, or an error about cgroup chown).");
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
