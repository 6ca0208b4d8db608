//! A guest's config that could be a container's or a VM's.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::KindUnknown);
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("It was not checked.")
            .edit("say what it is: pvelint check --kind lxc FILE, or keep it below lxc/ or qemu-server/")
    });
}
