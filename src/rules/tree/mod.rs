//! The tree as such: what can't be read, and what lies where PVE doesn't look.

use crate::source::{Problem, ProblemKind, Sources};

pub mod acl_limit;
pub mod unreadable;

/// The problems of `sources` that `wanted` picks.
fn problems(sources: &Sources, wanted: fn(&ProblemKind) -> bool) -> impl Iterator<Item = &Problem> {
    sources.problems.iter().filter(move |problem| wanted(&problem.kind))
}
