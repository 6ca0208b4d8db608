//! Something that is no regular file where one belongs.

use super::report;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tree-not-a-file",
    level: Level::Warning,
    needs: &[],
    since: None,
    until: None,
    check: Check::Sources(check),
};

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NotRegular(_));
    report(sources, sink, wanted, |finding| {
        finding.consequence("pmxcfs holds files and directories only, so it came with the copy. It was not opened.")
    });
}
