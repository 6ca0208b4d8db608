//! An id passed through for users and not for groups, or the reverse.

use super::{Mapped, ids, other};
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Note, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    for problem in &mapped.problems {
        let (Some(kind), MapFault::OneSided(entry)) = (problem.kind, &problem.why) else { continue };
        if mapped.is_broken(kind) || mapped.is_broken(other(kind)) {
            continue;
        }
        let range = ids(entry.container, entry.count);
        let lacking = other(kind).noun();
        let finding = mapped
            .finding(entry.span, format!("{} {range} is passed through but {lacking} {range} isn't", kind.noun()))
            .discriminator(format!("{} {range}", kind.letter()))
            .consequence(format!(
                "Files that belong to both on the host show the right {} but {lacking} 65534 in the container.",
                kind.noun()
            ));
        sink.push(finding);
    }
}
