//! A role that no ACL gives.

use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::Reason;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let model = rights.model;
    let given: FxHashSet<_> = model.acl.iter().map(|entry| entry.role).collect();
    // An ACL that PVE drops was meant to give it.
    let dropped: FxHashSet<_> = model
        .dropped
        .iter()
        .filter_map(|dropped| match dropped.reason {
            Reason::AclRole { role, .. } => Some(role),
            _ => None,
        })
        .collect();
    for role in model.roles.iter().filter(|role| role.builtin.is_none() && !dropped.contains(role.name)) {
        let Some(line) = role.line.filter(|_| model.role_ix(role.name).is_some_and(|ix| !given.contains(&ix))) else {
            continue;
        };
        let name = words::name(role.name);
        sink.push(
            Finding::new(format!("user.cfg: role {name}"), rights.at(line), format!("no ACL grants role `{name}`"))
                .fix_command_when(Command::new("pveum role delete").arg(role.name), "if it isn't needed"),
        );
    }
}
