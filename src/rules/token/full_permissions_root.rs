//! A token of root@pam without privilege separation.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::ROOT;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let Some(root) = rights.model.user(ROOT) else { return };
    for token in root.tokens.iter().filter_map(|token| rights.model.tokens.get(token.index())) {
        // A flag that is missing rather than 0 is a finding of its own.
        if token.privsep.value || token.privsep.span.is_empty() {
            continue;
        }
        let id = words::name(token.id.value);
        sink.push(
            Finding::new(
                format!("user.cfg: token {id}"),
                rights.at(token.id.span),
                format!("token `{id}` can do everything on the whole cluster"),
            )
            .secondary(rights.at(token.privsep.span), "0: all permissions of root@pam")
            .consequence(
                "Whoever gets hold of its secret is an administrator, without a second factor; ACLs can't limit it.",
            )
            .fix_command_when(
                Command::new("pveum user token modify").arg(ROOT).arg(token.name).words("--privsep 1"),
                "and grant it the roles that it needs: until then its calls are refused",
            )
            .edit("better: create a user for the program, with a token and just the permissions that it needs"),
        );
    }
}
