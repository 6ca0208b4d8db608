//! A user line whose id is longer than PVE takes.

use super::{GONE, each_dropped};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{Reason, UserFault};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::UserId { id, fault: UserFault::Long(length) } = dropped.reason else { return None };
        let shown = words::name(id);
        let message = format!("PVE ignores this user: its id has {length} bytes, and the limit is 64");
        let finding = Finding::new(format!("user.cfg: user {shown}"), look.at(dropped.span), message)
            .label("too long, including the realm")
            .consequence(format!("Nobody can log in as it, and PVE drops whatever names it. {GONE}"))
            .edit("give the user a shorter name, here and wherever it is named");
        Some(look.with_followers(finding, dropped))
    });
}
