//! A token line whose expiry isn't a number.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped, expire_malformed};
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "token-expire-malformed",
    level: Level::Error,
    needs: &[Input::User],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::TokenExpire { id, expire } = dropped.reason else { return None };
        let id = words::name(id);
        let message = format!("PVE ignores token {id}: its expiry isn't a number");
        let finding = Finding::new(format!("user.cfg: token {id}"), look.at(dropped.span), message)
            .label("seconds since 1970 in digits; 0 is never")
            .about(words::name(expire))
            .pve(format!("Calls with it can't authenticate, and its ACLs are dropped with it. {GONE}"))
            .edit(expire_malformed::write_instead(expire));
        Some(look.with_followers(finding, dropped))
    });
}
