//! The tree as such: what can't be read, and what lies where PVE doesn't look.

use crate::finding::Finding;
use crate::rules::Sink;
use crate::source::{ProblemKind, Sources};
use crate::text::{Place, Span};

pub mod acl_limit;
pub mod beyond_limits;
pub mod empty;
pub mod file_too_large;
pub mod guest_kind_unknown;
pub mod guest_twice;
pub mod guest_unseen;
pub mod guest_vmid_range;
pub mod link_broken;
pub mod link_outside;
pub mod name_not_utf8;
pub mod not_a_file;

pub mod unreadable;

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
