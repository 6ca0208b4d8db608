//! A token line whose expiry isn't a number.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped, expire_invalid};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::TokenExpire { id, expire } = dropped.reason else { return None };
        // A valid line of the same token survives this one.
        let other = look.model.token(id).map(|token| token.line);
        let id = words::name(id);
        let message = match other {
            None => format!("PVE ignores token `{id}`: its expiry isn't a number"),
            Some(_) => format!("PVE ignores this line of token `{id}`: its expiry isn't a number"),
        };
        let finding = Finding::new(format!("user.cfg: token {id}"), look.at(dropped.span), message)
            .label("seconds since 1970 in digits; 0 is never")
            .discriminator(words::name(expire))
            .edit(expire_invalid::write_instead(expire));
        let finding = match other {
            None => {
                finding.consequence(format!("Calls with it can't authenticate, and PVE drops its ACLs, too. {GONE}"))
            }
            Some(line) => finding.secondary(look.at(line), "this line takes precedence").consequence(GONE),
        };
        Some(look.with_followers(finding, dropped))
    });
}
