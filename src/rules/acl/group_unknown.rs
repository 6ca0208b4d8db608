//! A group in an ACL line that doesn't exist.

use bstr::BStr;

use super::{Who, acl, modify, path, same_flag, values};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::each_dropped;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        // Defined further down, its members have the rights all the same.
        let Reason::AclGroup { group, later: None } = dropped.reason else { return None };
        let line = look.model.acl_line(dropped.line)?;
        let (name, path) = (words::name(group), path(line));
        let message = format!("this ACL on `{path}` names a group that doesn't exist: `{name}`");
        let mut finding = Finding::new(acl(&path, &format!("@{name}")), look.at(dropped.span), message)
            .label("no such group")
            .consequence(format!(
                "PVE keeps it: as soon as there is a group `{name}`, its members have these permissions."
            ));
        if let Some(guess) = look.guess(group, look.model.groups.iter().map(|group| group.name.value)) {
            finding = finding.label(format!("did you mean @{guess}?"));
            let meant = format!("@{guess}");
            let who = Who::of(look.model, [BStr::new(&meant)]);
            if let Some(command) = modify(look.model, line.path.value, &who, values(&line.roles), same_flag(line)) {
                finding = finding.fix_command_when(command, &format!("if {guess} is meant"));
            }
        }
        // `pveum acl delete` refuses a group that doesn't exist.
        Some(
            finding
                .fix_command_when(Command::new("pveum group add").arg(group), "if the group should exist")
                .edit("remove the group from this line, if it isn't needed"),
        )
    });
}
