//! A role that holds just what a built-in role holds.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let builtin = || rights.model.roles.iter().filter(|role| role.builtin.is_some());
    for role in rights.model.roles.iter().filter(|role| role.builtin.is_none() && !role.privileges.is_empty()) {
        let twin = builtin().find(|twin| twin.builtin == Some(role.privileges));
        let (Some(line), Some(twin)) = (role.line, twin) else { continue };
        let (name, twin) = (words::name(role.name), words::name(twin.name));
        sink.push(
            Finding::new(
                format!("user.cfg: role {name}"),
                rights.at(line),
                format!("role `{name}` includes exactly the privileges of the built-in `{twin}`"),
            )
            .consequence(format!("An upgrade of PVE keeps `{twin}` up to date but leaves `{name}` as it is."))
            .edit(format!("grant {twin} instead, unless the role should stay as it is")),
        );
    }
}
