//! A file or directory that the operating system refuses to let us read.

use super::problems;
use crate::finding::{Finding, Level};
use crate::rules::{Check, Rule, Sink};
use crate::source::{ProblemKind, Sources};
use crate::text::{Place, Span};

/// The rule.
pub static RULE: Rule = Rule {
    id: "tree-unreadable",
    level: Level::Error,
    needs: &[],
    since: None,
    until: None,
    check: Check::Sources(check),
};

fn check(sources: &Sources, sink: &mut Sink) {
    for problem in problems(sources, |kind| matches!(kind, ProblemKind::Unreadable(_))) {
        let place = Place { file: problem.file, span: Span::default() };
        let name = sources.file(problem.file).map_or("", |file| &file.shown);
        let finding = Finding::new(format!("tree: {name}"), place, format!("{name} {}", problem.kind));
        sink.push(finding.pve("Nothing in it was checked: rules that need it are not evaluated."));
    }
}
