//! A file whose name isn't UTF-8.

use super::report;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tree-name-not-utf8",
    level: Level::Warning,
    needs: &[],
    since: None,
    until: None,
    check: Check::Sources(check),
};

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NameNotUtf8);
    report(sources, sink, wanted, |finding| {
        finding.consequence("PVE knows no file of such a name. It was not checked.")
    });
}
