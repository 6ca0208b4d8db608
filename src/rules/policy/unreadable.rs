//! A statement that isn't one.

use crate::access::policy::Policy;
use crate::finding::Level;
use crate::rules::{Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::policy(Level::Error, check);

fn check(policy: &Policy, sink: &mut Sink) {
    for stated in &policy.statements {
        let Err(fault) = &stated.read else { continue };
        let finding = super::finding(
            policy,
            stated,
            fault.span,
            format!("this statement can't be parsed: {}", fault.message),
        )
        .label(fault.hint.as_deref().unwrap_or("it makes sense up to here"))
        .consequence("It is not evaluated.")
        .edit("write it as: SUBJECTS can PRIVILEGES on PATHS, for example\nnobody but @admins can Sys.Modify on /");
        sink.push(finding);
    }
}
