//! A role in an ACL line that doesn't exist.

use bstr::BStr;

use super::{Who, acl, modify, path, same_flag, subjects, values};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{AclLine, Reason};
use crate::rules::user::{GONE, Look, each_dropped};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_dropped(context, sink, |look, dropped| {
        let (Reason::AclRole { role, later: None } | Reason::AclRoleName { role }) = dropped.reason else {
            return None;
        };
        let line = look.model.acl_line(dropped.line)?;
        let (name, path) = (words::name(role), path(line));
        let found = |message| {
            Finding::new(acl(&path, &subjects(line)), look.at(dropped.span), message)
                .discriminator(name.as_str())
                .consequence(GONE)
        };
        if swapped(look, line) {
            // One finding for the line.
            let first = line.roles.first().is_some_and(|first| first.span == dropped.span);
            let message = format!("subjects and roles of this ACL on `{path}` are swapped");
            return first.then(|| swap(look, line, found(message)));
        }
        let finding = found(format!("there is no role `{name}`, so this ACL doesn't grant it on `{path}`"));
        let roles = || look.model.roles.iter().map(|role| role.name);
        let Some(guess) = look.guess(role, roles()) else {
            return Some(finding.label("no such role").edit("name a role that exists: `pveum role list` shows them"));
        };
        if values(&line.roles).any(|role| role == guess) {
            return Some(finding.label(format!("did you mean `{guess}`? this line has it")).edit("remove it"));
        }
        let finding = finding.label(format!("did you mean `{guess}`?"));
        let who = Who::of(look.model, values(&line.subjects));
        Some(match modify(look.model, line.path.value, &who, [BStr::new(guess)], same_flag(line)) {
            Some(command) => finding.fix_command(command),
            None => finding.edit(format!("write {guess}")),
        })
    });
}

/// Whether roles stand where subjects belong, and subjects where roles belong.
fn swapped(look: &Look<'_>, line: &AclLine<'_>) -> bool {
    !line.subjects.is_empty()
        && values(&line.subjects).all(|role| look.model.role(role).is_some())
        && values(&line.roles).all(|who| !Who::of(look.model, [who]).is_empty())
}

fn swap(look: &Look<'_>, line: &AclLine<'_>, finding: Finding) -> Finding {
    let finding = finding.label("subjects come first, then roles");
    let who = Who::of(look.model, values(&line.roles));
    match modify(look.model, line.path.value, &who, values(&line.subjects), same_flag(line)) {
        Some(command) => finding.fix_command(command),
        None => finding.edit("write subjects first, then roles"),
    }
}
