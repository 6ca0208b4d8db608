//! A pool line whose name PVE can't read.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::release::Release;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::PoolName { name, valid_later: false } = dropped.reason else { return None };
        let shown = words::name(name);
        let message = format!("PVE ignores this pool: {shown:?} isn't a valid pool name");
        let nested = look.model.release > Release::Pve7 && name.contains(&b'/');
        Some(
            Finding::new(format!("user.cfg: pool {shown}"), look.at(dropped.span), message)
                .label(match (shown.as_str(), nested) {
                    ("0", _) => "for PVE, 0 isn't a name",
                    ("", _) => "the name is missing",
                    (_, true) => "at most three levels with single slashes between them",
                    (_, false) => "only letters, digits, dots, dashes and underscores",
                })
                .consequence(format!("Permissions on the pool reach none of its guests and storages. {GONE}"))
                .edit("give the pool another name, here and in the ACLs on it"),
        )
    });
}
