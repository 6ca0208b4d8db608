//! A symbolic link that leads out of the tree.

use super::report;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tree-link-outside",
    level: Level::Warning,
    needs: &[],
    since: None,
    until: None,
    check: Check::Sources(check),
};

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::LinkOutside(_));
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("It was not followed, so what it points at was not checked.")
            .edit("put a copy of the file in its place")
    });
}
