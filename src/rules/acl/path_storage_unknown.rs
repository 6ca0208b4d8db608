//! An ACL on a storage that doesn't exist.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    report(
        context,
        sink,
        &Kind {
            is: |object| object == Object::Storage,
            noun: "storage",
            prefix: "/storage/",
            later: "It applies at once to the next storage of this name.",
            known: &|rights| {
                let storages = rights.objects.storages();
                storages
                    .into_iter()
                    .flat_map(|cfg| cfg.storages())
                    .map(|storage| words::name(storage.id.value))
                    .collect()
            },
        },
    );
}
