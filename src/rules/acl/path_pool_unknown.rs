//! An ACL on a pool that doesn't exist.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    report(
        context,
        sink,
        &Kind {
            is: |object| object == Object::Pool,
            noun: "pool",
            prefix: "/pool/",
            later: "It applies at once to the next pool of this name, with all its guests and storages.",
            known: &|rights| rights.model.pools.iter().map(|pool| words::name(pool.name.value)).collect(),
        },
    );
}
