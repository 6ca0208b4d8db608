//! An ACL line that names nobody.

use super::{acl, path};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::user::{GONE, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let line = matches!(quirk.what, QuirkKind::AclNoSubject).then(|| look.model.acl_line(quirk.line)).flatten()?;
        let path = path(line);
        let roles: Vec<_> = line.roles.iter().take(100).map(|role| words::code(role.value)).collect();
        let roles = words::list(&roles, 3);
        let message = if roles.is_empty() {
            format!("this ACL on `{path}` names neither subjects nor roles")
        } else {
            format!("this ACL on `{path}` grants {roles} to nobody")
        };
        Some(
            Finding::new(acl(&path, ""), look.at(quirk.span), message)
                .label("no subject after the path")
                .discriminator(roles)
                .consequence(GONE)
                .edit("name users, @groups or tokens, or remove the line"),
        )
    });
}
