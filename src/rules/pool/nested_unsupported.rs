//! A pool inside a pool on a release that knows no such thing.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::release::Release;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check).until(Release::Pve7);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::PoolName { name, valid_later: true } = dropped.reason else { return None };
        let name = words::name(name);
        let message = format!("PVE ignores pool `{name}`: {} doesn't support nested pools", look.model.release);
        Some(
            Finding::new(format!("user.cfg: pool {name}"), look.at(dropped.span), message)
                .label("only since PVE 8.1")
                .consequence(format!("Permissions on the pool reach none of its guests and storages. {GONE}"))
                .edit("give the pool a name without /, here and in the ACLs on it"),
        )
    });
}
