//! An ACL on the management of a group that doesn't exist.

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
            is: |object| object == Object::Group,
            noun: "group",
            prefix: "/access/groups/",
            later: "It applies at once to the next group of this name.",
            known: &|rights| rights.model.groups.iter().map(|group| words::name(group.name.value)).collect(),
        },
    );
}
