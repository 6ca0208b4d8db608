//! A token that has every privilege on everything.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::model::user::ROOT;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    let everything = PrivSet::all(rights.model.release);
    let root = access.look_up(b"/");
    for token in &rights.model.tokens {
        let Some(user) = rights.model.users.get(token.user.index()) else { continue };
        if (user.id.value == ROOT && !token.privsep.value)
            || !access.effective_on(token.subject, &root).propagate.contains_all(everything)
        {
            continue;
        }
        let id = words::name(token.id.value);
        let finding = Finding::new(
            format!("user.cfg: token {id}"),
            rights.at(token.id.span),
            format!("token `{id}` can do everything on the whole cluster"),
        )
        .consequence("Whoever gets hold of its secret is an administrator, without a second factor.");
        sink.push(if token.privsep.value {
            finding.edit("grant the token the roles that it needs instead of this one")
        } else {
            finding
                .secondary(rights.at(token.privsep.span), format!("all permissions of {}", words::name(user.id.value)))
                .edit("turn on privilege separation, and grant the token the roles that it needs")
        });
    }
}
