//! A map with entries for users only, or for groups only.

use super::{Mapped, other};
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(context: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    if mapped.problems.iter().any(|problem| problem.why == MapFault::Syntax) {
        return;
    }
    for problem in mapped.problems.iter().filter(|problem| problem.why == MapFault::MissingKind) {
        let Some(kind) = problem.kind else { continue };
        let mut finding = mapped
            .finding(problem.span, format!("the id map of container {} has no {} lines", guest.vmid_text(), kind.letter()))
            .label(format!("{} ids only", other(kind).noun()))
            .discriminator(kind.letter())
            .consequence("As soon as there is one lxc.idmap line, PVE doesn't add its default map, neither for users nor for groups.")
            .consequence(mapped.start_failure(context));
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
