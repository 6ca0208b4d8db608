//! An ACL for a token without privilege separation, which PVE never looks at.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{acl, delete, entries_by_line};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{AclEntry, QuirkKind, token_parts};
use crate::rules::user::{Look, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let lines = entries_by_line(look.model, |what| matches!(what, QuirkKind::AclFullToken { .. }));
    let mut of: FxHashMap<_, Vec<&AclEntry>> = FxHashMap::default();
    for entry in lines.into_values().flatten() {
        of.entry((entry.line, entry.subject)).or_default().push(entry);
    }
    let mut seen = FxHashSet::default();
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::AclFullToken { token, defined } = quirk.what else { return None };
        let id = words::name(token);
        let entries = of.get(&(quirk.line, look.model.token(token)?.subject))?;
        // Once for a line, however many roles it has.
        if !seen.insert((quirk.line, token)) {
            return None;
        }
        let path = words::name(look.model.tree.path(entries.first()?.node));
        let (user, name) = token_parts(token)?;
        let owner = words::name(user);
        let privsep = Command::new("pveum user token modify").arg(user).arg(name).words("--privsep 1");
        let finding = Finding::new(
            acl(&path, &id),
            look.at(quirk.span),
            format!("PVE never checks this ACL: token `{id}` has all permissions of `{owner}`"),
        )
        .label("only the permissions of its user apply")
        .secondary(look.at(defined), "without privilege separation")
        .consequence("It neither adds to what the token can do nor restricts it.")
        .fix_command_when(privsep, "if the token should have only what its own ACLs grant");
        Some(match delete(look.model, &path, entries) {
            Some(command) => finding.fix_command_when(command, "if it should keep all permissions of its user"),
            None => finding,
        })
    });
}
