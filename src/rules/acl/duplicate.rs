//! The same ACL twice, with and without propagation.

use rustc_hash::FxHashMap;

use super::{acl, modify, who, written};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::user::{Look, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    let turned = |what: &QuirkKind<'_>| matches!(what, QuirkKind::AclAgain { before, now, .. } if before != now);
    let entries: FxHashMap<_, _> = super::entries_by_line(look.model, turned)
        .into_values()
        .flatten()
        .map(|entry| ((entry.subject_span, look.model.role_name(entry.role)), entry))
        .collect();
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::AclAgain { role, first, before, now, .. } = quirk.what else { return None };
        // A line further down may override this one too; then there is no such entry any more.
        let entry = entries.get(&(quirk.span, role)).filter(|_| before != now)?;
        let path = words::name(look.model.tree.path(entry.node));
        let (of, name) = (written(look.model, entry), words::name(role));
        let flag = |propagate| if propagate { "propagates" } else { "doesn't propagate" };
        let finding = Finding::new(
            acl(&path, &of),
            look.at(quirk.span),
            format!("two lines grant `{of}` `{name}` on `{path}`, with and without propagation"),
        )
        .label(format!("this one {} and takes precedence", flag(now)))
        .secondary(look.at(first), format!("this one {}", flag(before)))
        .discriminator(name);
        let mut commands = [true, false]
            .map(|flag| (flag, modify(look.model, path.as_bytes(), &who(look.model, entry), [role], Some(flag))));
        commands.sort_by_key(|(flag, _)| *flag != now);
        let finding = commands.into_iter().fold(finding, |finding, (flag, command)| match command {
            Some(command) => {
                finding.fix_command_when(command, if flag { "below the path too" } else { "on the path alone" })
            }
            None => finding,
        });
        Some(finding.edit("remove the line that isn't wanted"))
    });
}
