//! An ACL line that doesn't say whether it counts below its path.

use super::{acl, entries_by_line, modify, path, subjects, who_and_roles};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Flag, QuirkKind};
use crate::rules::user::{Look, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let entries =
        entries_by_line(look.model, |what| matches!(what, QuirkKind::FlagMissing { flag: Flag::Propagate, .. }));
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::FlagMissing { flag: Flag::Propagate, .. } = quirk.what else { return None };
        let entries = entries.get(&quirk.line).filter(|entries| !entries.is_empty())?;
        let line = look.model.acl_line(quirk.line)?;
        let path = path(line);
        let message = format!("this ACL on `{path}` doesn't propagate: its line doesn't say whether it should");
        let finding = Finding::new(acl(&path, &subjects(line)), look.at(line.path.span), message)
            .label("the field in front is empty, which PVE reads as no")
            .discriminator(words::list(&line.roles.iter().map(|role| words::name(role.value)).collect::<Vec<_>>(), 5));
        let (who, roles) = who_and_roles(look.model, entries);
        let choices = [(true, "with propagation, the default of pveum and the GUI"), (false, "without propagation")];
        let finding = choices.into_iter().fold(finding, |finding, (flag, when)| {
            match modify(look.model, path.as_bytes(), &who, roles.iter().copied(), Some(flag)) {
                Some(command) => finding.fix_command_when(command, when),
                None => finding,
            }
        });
        Some(finding.edit("write 1 or 0 in front of the path"))
    });
}
