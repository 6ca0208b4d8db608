//! Ids behind a hole that are off by one.

use super::Mapped;
use crate::finding::Level;
use crate::model::idmap::MapFault;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Warning, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::Shifted { entry, forward }) = (problem.kind, &problem.why) else { continue };
        if mapped.is_broken(kind) {
            continue;
        }
        let right = if *forward { entry.host - 1 } else { entry.host + 1 };
        let finding = mapped
            .finding(
                entry.span,
                format!(
                    "every {} of container {} from {} on is off by one",
                    kind.noun(),
                    guest.vmid_text(),
                    entry.container
                ),
            )
            .label(format!("to continue the ids in front, this has to be {right}"))
            .discriminator(format!("{} {}", kind.letter(), entry.container))
            .consequence("The container starts, but its files show the wrong owners: each one belongs to the next id.")
            .edit(format!(
                "with the container stopped, in {}: lxc.idmap: {} {} {right} {}",
                guest.pve_path("lxc"),
                kind.letter(),
                entry.container,
                entry.count
            ));
        sink.push(finding);
    }
}
