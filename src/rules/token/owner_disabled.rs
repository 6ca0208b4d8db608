//! A token that has rights and whose owner is disabled.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::ROOT;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    // A flag that is missing rather than 0 is a finding of its own.
    for user in rights.model.users.iter().filter(|user| !user.enable.value && !user.enable.span.is_empty()) {
        let owner_has = user.id.value == ROOT
            || access.is_named(user.subject)
            || access.groups_of(user.subject).iter().any(|group| access.is_named(*group));
        let meant = user
            .tokens
            .iter()
            .filter_map(|token| rights.model.tokens.get(token.index()))
            .filter(|token| if token.privsep.value { access.is_named(token.subject) } else { owner_has });
        let meant: Vec<_> = meant.collect();
        let Some(first) = meant.first() else { continue };
        let (id, owner) = (words::name(first.id.value), words::name(user.id.value));
        let message = match meant.len() {
            1 => format!("token `{id}` can't log in: its owner `{owner}` is disabled"),
            n => format!("{n} tokens of `{owner}` can't log in: their owner is disabled"),
        };
        let mut finding = Finding::new(format!("user.cfg: token {id}"), rights.at(first.id.span), message)
            .secondary(rights.at(user.enable.span), "0: disabled");
        for token in meant.iter().skip(1).take(3) {
            finding = finding.secondary(rights.at(token.id.span), "nor can this one");
        }
        sink.push(
            finding
                .consequence("Disabling a user disables its tokens: every call is refused with 401.")
                .fix_command_when(
                    Command::new("pveum user modify").arg(user.id.value).words("--enable 1"),
                    "if the token should work",
                )
                .edit("remove the token in the GUI or with pveum, if it isn't needed any more"),
        );
    }
}
