//! A user in an ACL line that doesn't exist.

use bstr::BStr;

use super::{Who, acl, modify, path, same_flag, values};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::{Reason, realm};
use crate::rules::user::each_dropped;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        // Defined further down, he has the rights all the same.
        let Reason::AclUser { user, later: None } = dropped.reason else { return None };
        let line = look.model.acl_line(dropped.line)?;
        let (shown, path) = (words::name(user), path(line));
        let message = format!("this ACL on `{path}` names a user who doesn't exist: `{shown}`");
        let mut finding = Finding::new(acl(&path, &shown), look.at(dropped.span), message)
            .label("no such user")
            .consequence(format!("PVE keeps it: a user created as `{shown}` has these permissions at once."));
        if let Some(guess) = look.guess_user(user) {
            finding = finding.label(format!("did you mean `{guess}`?"));
            let who = Who::of(look.model, [BStr::new(guess)]);
            if let Some(command) = modify(look.model, line.path.value, &who, values(&line.roles), same_flag(line)) {
                finding = finding.fix_command_when(command, &format!("if {guess} is meant"));
            }
        }
        if ["pve", "pam"].iter().any(|local| realm(user) == local) {
            finding = finding.fix_command_when(Command::new("pveum user add").arg(user), "if the user should exist");
        }
        // `pveum acl delete` refuses a user who doesn't exist.
        Some(finding.edit("remove the user from this line, if it isn't needed"))
    });
}
