//! A file or directory that the operating system refuses to let us read.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::Unreadable(_));
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("Nothing in it was checked: rules that need it are not evaluated.")
            .edit("run pvelint as root on a node, or make the copy as a user who can read all of it")
    });
}
