//! An ACL on a realm that doesn't exist.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Domains], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(domains) = &context.cluster.domains else { return };
    report(
        context,
        sink,
        &Kind {
            is: |object| object == Object::Realm,
            noun: "realm",
            prefix: "/access/realm/",
            later: "It applies at once to the next realm of this name.",
            known: &|_| domains.model.names().map(words::name).collect(),
        },
    );
}
