//! A symbolic link that leads nowhere, in a circle, or to a directory that isn't read.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| {
        matches!(kind, ProblemKind::LinkBroken | ProblemKind::LinkLoop | ProblemKind::LinkDirectory(_))
    };
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("What it points at was not checked.")
            .edit("remove the link, or put a copy of the file in its place")
    });
}
