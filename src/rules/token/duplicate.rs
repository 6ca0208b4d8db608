//! A token with two lines, of which the last counts.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::user::each_quirk;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::TokenAgain { token, first } = quirk.what else { return None };
        let id = words::name(token);
        Some(
            Finding::new(
                format!("user.cfg: token {id}"),
                look.at(quirk.span),
                format!("token `{id}` has two lines, and PVE uses the last"),
            )
            .label("PVE uses expiry and privilege separation of this line")
            .secondary(look.at(first), "no effect, except for the comment if the other has none")
            .edit("remove one of the two lines"),
        )
    });
}
