//! A group member that doesn't exist.

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Reason, realm};
use crate::rules::user::each_dropped;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        // Defined further down, he is a member all the same.
        let Reason::MemberUnknown { group, member, later: None } = dropped.reason else { return None };
        let (of, shown) = (words::name(group), words::name(member));
        let message = format!("group `{of}` has a member who doesn't exist: `{shown}`");
        let mut finding = Finding::new(format!("user.cfg: group {of}"), look.at(dropped.span), message)
            .discriminator(shown.clone())
            .label("no such user")
            .consequence(format!(
                "PVE keeps the membership: a user created as `{shown}` has the group's permissions at once."
            ));
        if let Some(user) = look.guess_user(member) {
            let modify = Command::new("pveum user modify").arg(user).words("--groups").arg(group).words("--append 1");
            finding = finding
                .label(format!("did you mean `{user}`?"))
                .fix_command_when(modify, &format!("if {user} is meant"));
        }
        if ["pve", "pam"].iter().any(|local| realm(member) == local) {
            finding = finding.fix_command_when(Command::new("pveum user add").arg(member), "if the user should exist");
        }
        Some(finding.edit("remove the member from this line, if it isn't needed"))
    });
}
