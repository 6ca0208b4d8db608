//! An ACL that counts below its path although its line says no.

use super::{acl, entries_by_line, modify, path, subjects, who_and_roles};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Flag, QuirkKind};
use crate::rules::user::{Look, Meant, each_quirk, meant};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let entries = entries_by_line(look.model, |what| matches!(what, QuirkKind::FlagTrue { flag: Flag::Propagate, .. }));
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagTrue { flag: Flag::Propagate, written, .. } = quirk.what else { return None };
        let meant = meant(written);
        let entries = entries.get(&quirk.line).filter(|entries| !entries.is_empty() && meant != Meant::Yes)?;
        let line = look.model.acl_line(quirk.line)?;
        let (path, written) = (path(line), words::name(written));
        let message = if meant == Meant::No {
            format!("this ACL on `{path}` propagates although its line says {written:?}")
        } else {
            format!("this ACL on `{path}` propagates: PVE reads {written:?} as yes")
        };
        let finding = Finding::new(acl(&path, &subjects(line)), look.at(quirk.span), message)
            .label("only 0 and an empty flag mean no")
            .discriminator(words::list(&line.roles.iter().map(|role| words::name(role.value)).collect::<Vec<_>>(), 5));
        let (who, roles) = who_and_roles(look.model, entries);
        let command = |flag| modify(look.model, path.as_bytes(), &who, roles.iter().copied(), Some(flag));
        let finding = match command(false) {
            Some(command) => finding.fix_command_when(command, "without propagation"),
            None => finding.edit("write 0"),
        };
        Some(match command(true).filter(|_| meant == Meant::Unclear) {
            Some(command) => finding.fix_command_when(command, "with propagation").at_level(Level::Warning),
            None if meant == Meant::Unclear => finding.at_level(Level::Warning),
            None => finding,
        })
    });
}
