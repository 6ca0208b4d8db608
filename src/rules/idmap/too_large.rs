//! A map with more entries than the kernel takes.

use super::Mapped;
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(context: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::Limit { entries, bytes }) = (problem.kind, &problem.why) else { continue };
        let finding = mapped
            .finding(
                problem.span,
                format!("the {} map of container {} is too large for the kernel", kind.noun(), guest.vmid_text()),
            )
            .label(format!("{entries} entries with {bytes} bytes; the limits are 340 entries and 4095 bytes"))
            .discriminator(kind.letter())
            .consequence(mapped.start_failure(context))
            .edit("join neighbouring ids to ranges");
        sink.push(finding);
    }
}
