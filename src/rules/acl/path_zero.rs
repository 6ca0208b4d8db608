//! An ACL path with a component `0`, which PVE leaves out.

use rustc_hash::FxHashSet;

use super::{acl, delete, entries_by_line, subjects};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::user::{Look, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let entries = entries_by_line(look.model, |what| matches!(what, QuirkKind::PathZero { .. }));
    if entries.is_empty() {
        return;
    }
    // What an earlier line gives on the same path is wanted, and no command may take it away.
    let again = |quirk: &&crate::model::user::Quirk<'_>| matches!(quirk.what, QuirkKind::AclAgain { .. });
    let again: FxHashSet<_> = look.model.quirks.iter().filter(again).map(|quirk| quirk.line).collect();
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::PathZero { written, read } = &quirk.what else { return None };
        let line = look.model.acl_line(quirk.line)?;
        let written = words::name(written);
        let finding = Finding::new(
            acl(&written, &subjects(line)),
            look.at(quirk.span),
            format!("this ACL is on `{written}` but applies to `{read}`"),
        )
        .label(format!("PVE drops a component 0: this is `{read}`"))
        .consequence("It changes the permissions on everything there, far more than the line says.");
        let entries = entries.get(&quirk.line).filter(|entries| !entries.is_empty() && !again.contains(&quirk.line));
        let command = entries.and_then(|entries| delete(look.model, read, entries));
        let finding = match command {
            Some(command) => finding.fix_command_when(command, &format!("takes back the permissions on {read}")),
            None => finding,
        };
        Some(finding.edit("write the intended path"))
    });
}
