//! A tree too deep or too large to be an /etc/pve.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| {
        matches!(kind, ProblemKind::TooDeep | ProblemKind::TooManyFiles(_) | ProblemKind::TooManyBytes(_))
    };
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("The rest was not checked.")
            .edit("name the directory that contains the configuration: pvelint check backup/etc/pve")
    });
}
