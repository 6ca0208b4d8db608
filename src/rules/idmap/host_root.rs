//! A map that gives a container the host's root.

use super::Mapped;
use crate::finding::Level;
use crate::model::idmap::{IdKind, MapFault};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Warning, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    for problem in &mapped.problems {
        let (Some(kind), MapFault::HostRoot(entry)) = (problem.kind, &problem.why) else { continue };
        if mapped.is_broken(kind) {
            continue;
        }
        let whole = entry.container == 0;
        let who = if whole { "its root".to_owned() } else { format!("its {} {}", kind.noun(), entry.container) };
        let mut finding = mapped
            .finding(
                entry.span,
                format!("container {} maps root of the host: {} 0 is mapped", guest.vmid_text(), kind.noun()),
            )
            .label(format!("{who} is {} 0 of the host", kind.noun()))
            .discriminator(kind.letter())
            .consequence("Whoever escapes from the container controls the node, as with a privileged container.");
        if kind == IdKind::User {
            finding =
                finding.consequence("With host uid 0 in the map, LXC no longer checks /etc/subuid and /etc/subgid.");
        }
        if let Some(repaired) = mapped.repaired() {
            finding = finding.edit(repaired);
        }
        sink.push(finding);
    }
}
