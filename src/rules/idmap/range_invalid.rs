//! A range of no ids, or one beyond 32 bits.

use super::{Mapped, shown};
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(context: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let label = match &problem.why {
            MapFault::Overflow(_) => "ids end at 4294967294",
            MapFault::CountZero(_) => "a range of no ids",
            _ => continue,
        };
        let value = shown(guest, problem.span);
        let mut finding = mapped
            .finding(problem.span, format!("id map entry {value:?} isn't a valid range of ids"))
            .label(label)
            .discriminator(value)
            .consequence(mapped.start_failure(context));
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
