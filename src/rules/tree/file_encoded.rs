//! A file that is encrypted, or no text at all.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{Encoded, ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    let wanted = |kind: &ProblemKind| matches!(kind, ProblemKind::Encoded(_));
    for problem in sources.problems.iter().filter(|problem| wanted(&problem.kind)) {
        let ProblemKind::Encoded(encoded) = problem.kind else { continue };
        let way = match encoded {
            Encoded::Encrypted(_, how) => format!("decrypt it first, `{how}`, and check the text"),
            Encoded::Pointer(_, how) => format!("get the file it stands for first: {how}"),
            Encoded::Format("UTF-16 text") => "save it as UTF-8: iconv -f UTF-16 -t UTF-8".to_owned(),
            Encoded::Format(_) => {
                "unpack it first and check the directory, or put the file's text in its place".to_owned()
            }
        };
        let this = |kind: &ProblemKind| std::ptr::eq(kind, &problem.kind);
        report(sources, sink, this, |finding| {
            finding.consequence("Nothing in it was checked: rules that need it are not evaluated.").edit(way.clone())
        });
    }
}
