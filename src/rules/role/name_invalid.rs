//! A role line whose name PVE can't read.

use super::subject;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::RoleName { name } = dropped.reason else { return None };
        let shown = words::name(name);
        let message = format!("PVE ignores this role: {shown:?} isn't a valid role name");
        let finding = Finding::new(subject(name), look.at(dropped.span), message)
            .label(match shown.as_str() {
                "0" => "for PVE, 0 isn't a name",
                "" => "the name is missing",
                _ => "only letters, digits, dots, dashes and underscores",
            })
            .consequence(format!("ACLs with this role have no effect. {GONE}"))
            .edit("give the role another name, here and in the ACLs that name it");
        Some(look.with_followers(finding, dropped))
    });
}
