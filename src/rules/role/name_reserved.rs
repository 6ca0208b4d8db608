//! A role of the file's own whose name begins as the built-in ones do.

use super::subject;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::rules::user::Look;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check).since(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    for role in look.model.roles.iter().filter(|role| role.builtin.is_none()) {
        let reserved = role.name.get(..3).is_some_and(|prefix| prefix.eq_ignore_ascii_case(b"pve"));
        if let (true, Some(line)) = (reserved, role.line) {
            let name = words::name(role.name);
            let span = Span::of(look.model.text, role.name);
            let place = look.at(if span.is_empty() { line } else { span });
            sink.push(
                Finding::new(subject(role.name), place, format!("role `{name}` has a name reserved for PVE's own roles"))
                    .label("names that begin with PVE, in any case, are PVE's since 8.0")
                    .consequence("PVE keeps the role but refuses to create one with that name again; a later release could add its own.")
                    .edit("create a role with another name and the same privileges, and use it in the ACLs"),
            );
        }
    }
}
