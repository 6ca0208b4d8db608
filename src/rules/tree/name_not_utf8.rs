//! A file whose name isn't UTF-8.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NameNotUtf8);
    report(sources, sink, wanted, |finding| {
        finding.consequence("PVE has no file with such a name. It was not checked.")
    });
}
