//! A group line whose name PVE can't read.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::GroupName { name } = dropped.reason else { return None };
        let name = words::name(name);
        let message = format!("PVE ignores this group: {name:?} isn't a valid group name");
        let finding = Finding::new(format!("user.cfg: group {name}"), look.at(dropped.span), message)
            .label(match name.as_str() {
                "0" => "for PVE, 0 isn't a name",
                "" => "the name is missing",
                _ => "only letters, digits, dots, dashes and underscores",
            })
            .consequence(format!("Its members get none of its permissions. {GONE}"))
            .edit("give the group another name, here and in the ACLs that name it");
        Some(look.with_followers(finding, dropped))
    });
}
