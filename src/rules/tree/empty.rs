//! A directory without any configuration of PVE.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NothingFound);
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("Nothing was checked.")
            .edit("name the directory that holds user.cfg, storage.cfg or nodes/")
    });
}
