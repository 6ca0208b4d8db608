//! A role in an ACL line that is defined only further down.

use super::{Who, acl, modify, path, same_flag, subjects, values};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::user::{GONE, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::AclRole { role, later: Some(later) } = dropped.reason else { return None };
        let line = look.model.acl_line(dropped.line)?;
        let (name, path) = (words::name(role), path(line));
        let message = format!("role `{name}` is defined below this ACL, so the ACL doesn't grant it on `{path}`");
        let finding = Finding::new(acl(&path, &subjects(line)), look.at(dropped.span), message)
            .label("unknown here")
            .secondary(look.at(later), "must be above the ACLs that name it")
            .discriminator(name)
            .consequence(GONE);
        let who = Who::of(look.model, values(&line.subjects));
        let finding = match modify(look.model, line.path.value, &who, [role], same_flag(line)) {
            Some(command) => finding.fix_command(command),
            None => finding,
        };
        Some(finding.edit("move this line below the role's"))
    });
}
