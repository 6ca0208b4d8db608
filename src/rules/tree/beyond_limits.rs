//! A tree too deep or too large to be an /etc/pve.

use super::report;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tree-beyond-limits",
    level: Level::Error,
    needs: &[],
    since: None,
    until: None,
    check: Check::Sources(check),
};

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| {
        matches!(kind, ProblemKind::TooDeep | ProblemKind::TooManyFiles(_) | ProblemKind::TooManyBytes(_))
    };
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("The rest was not checked.")
            .edit("name the directory that holds the configuration: pvelint check backup/etc/pve")
    });
}
