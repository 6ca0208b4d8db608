//! An ACL on a node that isn't in the cluster.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let nodes = &context.cluster.tree.nodes;
    report(
        context,
        sink,
        &Kind {
            is: |object| object == Object::Node,
            noun: "node",
            prefix: "/nodes/",
            later: "It applies at once to a node that joins under this name.",
            known: &|_| nodes.iter().map(|node| node.to_string()).collect(),
        },
    );
}
