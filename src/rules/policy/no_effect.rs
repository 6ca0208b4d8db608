//! A statement of which a part stands for nothing.

use crate::access::policy::{Policy, Problem};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::statements(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, policy: &Policy, sink: &mut Sink) {
    for (stated, problem) in super::problems(context, policy) {
        let Problem::Void { span, message } = problem else { continue };
        let finding = super::finding(policy, stated, *span, message)
            .label("this part of the statement has no effect")
            .discriminator(stated.part_text(*span));
        sink.push(finding);
    }
}
