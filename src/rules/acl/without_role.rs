//! An ACL line that names no role.

use super::{acl, path, subjects, values};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::user::{GONE, each_quirk};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        // A line without subjects too is for another rule.
        let line = matches!(quirk.what, QuirkKind::AclNoRole).then(|| look.model.acl_line(quirk.line)).flatten()?;
        if line.subjects.is_empty() {
            return None;
        }
        let (path, who) = (path(line), subjects(line));
        let named: Vec<_> = line.subjects.iter().take(100).map(|subject| words::code(subject.value)).collect();
        let named = words::list(&named, 3);
        let roles = values(&line.subjects).all(|subject| look.model.role(subject).is_some());
        let found = |message| Finding::new(acl(&path, &who), look.at(quirk.span), message).consequence(GONE);
        Some(if roles {
            found(format!("this ACL on `{path}` has no effect: {named} is where its subjects belong"))
                .label("the subjects are missing")
                .edit("write who gets the role in front of it, as the third field after acl")
        } else {
            found(format!("this ACL on `{path}` grants {named} nothing: it names no role"))
                .label("no role after the subjects")
                .edit("name a role, or remove the line")
        })
    });
}
