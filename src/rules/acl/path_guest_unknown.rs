//! An ACL on a guest that doesn't exist.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    report(
        context,
        sink,
        &Kind {
            is: |object| matches!(object, Object::Guest(_)),
            noun: "guest",
            prefix: "/vms/",
            later: "It applies at once to the next guest with this number.",
            // Numbers that are alike are no hint: guests are numbered in a row.
            known: &|_| Vec::new(),
        },
    );
}
