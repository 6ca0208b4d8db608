//! Statements about rights, in `pvelint.toml` or a policy file, that are not so, or say nothing. The judging itself is
//! [`crate::access::policy`]'s.

use crate::access::policy::{Policy, Problem, Stated};
use crate::finding::Finding;
use crate::rules::Context;
use crate::text::{Place, Span};

include!(concat!(env!("OUT_DIR"), "/rules/policy.rs"));

/// A finding about a part of a statement.
fn finding(policy: &Policy, stated: &Stated, part: Span, message: impl Into<String>) -> Finding {
    let place = Place { file: policy.file, span: stated.at(part) };
    Finding::new(format!("policy: {}", stated.text), place, message)
}

/// Every problem with the statement it is about.
fn problems<'p>(context: &'p Context<'_>, policy: &'p Policy) -> impl Iterator<Item = (&'p Stated, &'p Problem)> {
    let judged = policy.statements.iter().zip(context.judged());
    judged.flat_map(|(stated, problems)| problems.iter().map(move |problem| (stated, problem)))
}
