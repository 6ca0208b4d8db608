//! A statement that isn't one.

use crate::access::policy::Policy;
use crate::finding::Level;
use crate::rules::{Check, Rule, Sink};

/// The rule.
pub static RULE: Rule = Rule {
    id: "policy-unreadable",
    level: Level::Error,
    needs: &[],
    since: None,
    until: None,
    check: Check::Policy(check),
};

fn check(policy: &Policy, sink: &mut Sink) {
    for stated in &policy.statements {
        let Err(fault) = &stated.read else { continue };
        let finding = super::finding(
            policy,
            stated,
            fault.span,
            format!("this statement can't be read: {}", fault.message),
        )
        .label(fault.hint.as_deref().unwrap_or("it makes sense up to here"))
        .consequence("It is not evaluated.")
        .edit("write it as: SUBJECTS can PRIVILEGES on PATHS, for example\nnobody but @admins can Sys.Modify on /");
        sink.push(finding);
    }
}
