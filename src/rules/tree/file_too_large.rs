//! A file over 1 MiB, which pmxcfs would not store.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::TooLarge(_));
    report(sources, sink, wanted, |finding| {
        finding
            .consequence(
                "pmxcfs stores no file over 1 MiB, so this one isn't part of a running cluster. It was not checked.",
            )
            .edit("split the file, or leave it out of the tree")
    });
}
