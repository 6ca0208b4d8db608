//! Something that is no regular file where one belongs.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NotRegular(_));
    report(sources, sink, wanted, |finding| {
        finding.consequence("pmxcfs contains only files and directories, so it comes from the copy. It was not opened.")
    });
}
