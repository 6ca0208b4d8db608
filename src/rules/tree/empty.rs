//! A directory without any configuration of PVE.

use super::report;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub static RULE: Rule =
    Rule { id: "tree-empty", level: Level::Error, needs: &[], since: None, until: None, check: Check::Sources(check) };

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::NothingFound);
    report(sources, sink, wanted, |finding| {
        finding
            .consequence("Nothing was checked.")
            .edit("name the directory that holds user.cfg, storage.cfg or nodes/")
    });
}
