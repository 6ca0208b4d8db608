//! An ACL on a storage that doesn't exist.

use super::missing::{Kind, report};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::rights::Object;
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "acl-storage-missing",
    level: Level::Warning,
    needs: &[Input::User, Input::Storage],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    report(
        context,
        sink,
        &Kind {
            is: |object| object == Object::Storage,
            noun: "storage",
            prefix: "/storage/",
            later: "The next storage of this name hands them over at once.",
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
