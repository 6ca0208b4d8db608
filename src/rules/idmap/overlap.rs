//! Two entries of a map that share ids.

use super::Mapped;
use crate::finding::Level;
use crate::model::idmap::{MapFault, Side};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Error, check);

fn check(context: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    let mut seen = Vec::new();
    for problem in &mapped.problems {
        let (Some(kind), MapFault::Overlap { side, entry, other }) = (problem.kind, &problem.why) else { continue };
        // Two entries that overlap on both sides are one mistake.
        let pair = (entry.span.min(other.span), entry.span.max(other.span));
        if seen.contains(&pair) {
            continue;
        }
        seen.push(pair);
        let (side, id) = match side {
            Side::Container => ("container", entry.container.max(other.container)),
            Side::Host => ("host", entry.host.max(other.host)),
        };
        let mut finding = mapped
            .finding(
                entry.span,
                format!("two id map entries of container {} map {side} {} {id}", guest.vmid_text(), kind.noun()),
            )
            .label("overlaps ...")
            .discriminator(format!("{} {id}", kind.letter()))
            .secondary(mapped.at(other.span), "... with this one")
            .consequence(mapped.start_failure(context));
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
