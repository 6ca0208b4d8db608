//! A token whose user isn't defined above it.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::TokenUser { id, user, later } = dropped.reason else { return None };
        let (id, owner) = (words::name(id), words::name(user));
        let message = match later {
            Some(_) => format!("PVE ignores token `{id}`: its user is defined further down"),
            None => format!("PVE ignores token `{id}`: there is no user `{owner}`"),
        };
        let mut finding = Finding::new(format!("user.cfg: token {id}"), look.at(dropped.span), message)
            .consequence(format!("Calls with it can't authenticate, and PVE drops its ACLs, too. {GONE}"));
        finding = match later {
            Some(later) => finding
                .secondary(look.at(later), "must be above its tokens")
                .edit(format!("move the line of user {owner} above this one")),
            None => {
                finding = finding.label(match look.guess_user(user) {
                    Some(guess) => format!("did you mean `{guess}`?"),
                    None => "no such user".to_owned(),
                });
                finding
                    .edit(format!("if the token should work: add the line `user:{owner}:1:0::::::` above this one"))
                    .edit("if not: nothing, PVE's next write removes the line")
            }
        };
        Some(look.with_followers(finding, dropped))
    });
}
