//! A symbolic link that leads out of the tree.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::LinkOutside(_) | ProblemKind::LinkOther(_));
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("It was not followed, so what it points at was not checked.")
            .edit("put a copy of the file in its place")
    });
}
