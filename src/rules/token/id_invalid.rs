//! A token line whose id PVE can't read.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Reason, TokenFault, token_parts};
use crate::rules::user::{GONE, each_dropped, id_invalid};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::TokenId { id, fault } = dropped.reason else { return None };
        let shown = words::name(id);
        let message = if id.is_empty() {
            "PVE ignores this token: it has no id".to_owned()
        } else {
            format!("PVE ignores this token: `{shown}` isn't a valid token id")
        };
        let user = token_parts(id).map(|(user, _)| user).unwrap_or_default();
        let finding = Finding::new(format!("user.cfg: token {shown}"), look.at(dropped.span), message)
            .label(fault_label(fault, user))
            .consequence(format!("Calls with it can't authenticate, and PVE drops its ACLs, too. {GONE}"));
        let finding = match fault {
            TokenFault::OneCharacter | TokenFault::Token => {
                finding.edit("create a new token whose name begins with a letter and has at least two characters")
            }
            TokenFault::NoToken | TokenFault::User(_) => finding.edit("write the id as USER@REALM!TOKEN"),
        };
        Some(look.with_followers(finding, dropped))
    });
}

/// What is wrong with a token id whose user part is `user`.
pub(in crate::rules) fn fault_label(fault: TokenFault, user: &[u8]) -> String {
    match fault {
        TokenFault::NoToken => "there is no ! and no token name".to_owned(),
        TokenFault::OneCharacter => "a token name has at least two characters".to_owned(),
        TokenFault::Token => {
            "a token name is a letter followed by letters, digits, dots, dashes or underscores, at least two characters"
                .to_owned()
        }
        TokenFault::User(fault) => format!("in front of the !: {}", id_invalid::fault_label(fault, user)),
    }
}
