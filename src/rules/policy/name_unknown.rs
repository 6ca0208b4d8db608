//! A statement that names somebody or something nobody knows.

use crate::access::Explainer;
use crate::access::policy::{Policy, Problem};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};
use crate::text::{LineIndex, Span};

/// The rule.
pub const RULE: Rule = Rule::statements(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, policy: &Policy, sink: &mut Sink) {
    let (Some(user), Some(access)) = (&context.cluster.user, context.access()) else { return };
    let mut lines = None;
    for (stated, problem) in super::problems(context, policy) {
        let Problem::Unknown { span, message, subject } = problem else { continue };
        let mut finding = super::finding(policy, stated, *span, message)
            .label("unknown")
            .consequence("The statement is not evaluated: a misspelt one would always hold.")
            .discriminator(stated.part_text(*span));
        if let Some(subject) = subject {
            let lines = lines.get_or_insert_with(|| LineIndex::new(user.model.text));
            let at = |span: Span| format!("user.cfg:{}", lines.line_of(span.start) + 1);
            for told in Explainer::new(access, &at).dropped(subject.as_bytes()) {
                for (span, words) in told.marks {
                    finding = finding.secondary(user.at(span), words);
                }
                finding = finding.note(told.text);
            }
        }
        sink.push(finding);
    }
}
