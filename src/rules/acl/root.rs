//! An ACL for root@pam, which PVE never looks at.

use rustc_hash::FxHashSet;

use super::{acl, entries_by_line};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{QuirkKind, ROOT};
use crate::rules::user::{Look, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let entries = entries_by_line(look.model, |what| matches!(what, QuirkKind::AclRoot { .. }));
    let mut seen = FxHashSet::default();
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::AclRoot { .. } = quirk.what else { return None };
        // Once for a line, however many roles it has.
        if !seen.insert(quirk.line) {
            return None;
        }
        let root = |entry: &&&crate::model::user::AclEntry| look.model.subject_id(entry.subject) == ROOT;
        let entries: Vec<_> = entries.get(&quirk.line)?.iter().filter(root).collect();
        let path = words::name(look.model.tree.path(entries.first()?.node));
        let roles: Vec<_> = entries.iter().map(|entry| words::name(look.model.role_name(entry.role))).collect();
        Some(
            Finding::new(
                acl(&path, "root@pam"),
                look.at(quirk.span),
                format!("PVE never checks this ACL for root@pam on `{path}`"),
            )
            .label("has every privilege everywhere")
            .discriminator(roles.join(","))
            .consequence(
                "Nothing can be granted to root@pam or taken away. PVE's next write removes it from this line.",
            )
            .edit("nothing, or remove root@pam from this line"),
        )
    });
}
