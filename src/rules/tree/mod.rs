//! The tree as such: what can't be read, and what lies where PVE doesn't look.

use crate::finding::Finding;
use crate::rules::Sink;
use crate::source::{ProblemKind, Sources};
use crate::text::{Place, Span};

include!(concat!(env!("OUT_DIR"), "/rules/tree.rs"));

/// One finding for each problem of `sources` that `wanted` picks; `complete` adds what PVE does and how to fix it.
///
/// `priv/` is left out: nothing in there is ever read, so nothing is missed.
fn report(
    sources: &Sources,
    sink: &mut Sink,
    wanted: impl Fn(&ProblemKind) -> bool,
    complete: impl Fn(Finding) -> Finding,
) {
    for problem in sources.problems.iter().filter(|problem| wanted(&problem.kind)) {
        let Some(file) = sources.file(problem.file) else { continue };
        if file.rel() == "priv" || file.rel().starts_with("priv/") {
            continue;
        }
        let place = Place { file: problem.file, span: Span::default() };
        let name = file.pve_name();
        let message = format!("{} {}", file.shown, problem.kind);
        sink.push(complete(Finding::new(format!("tree: {name}"), place, message)));
    }
}
