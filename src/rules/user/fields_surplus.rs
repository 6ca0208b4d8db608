//! Fields behind the last one that a line has, which PVE ignores.

use super::{GONE, each_quirk};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{EntryType, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::Surplus { entry, name, .. } = quirk.what else { return None };
        // Then it isn't a remark that is lost, and another rule says so.
        if look.lost.is_shifted(quirk.line) {
            return None;
        }
        let of = format!("{entry} {}", words::name(name));
        let named = format!("{entry} {}", words::code(name));
        let finding = |message, label: &str| {
            Finding::new(format!("user.cfg: {of}"), look.at(quirk.span), message).label(label).consequence(GONE)
        };
        Some(match entry {
            EntryType::Group | EntryType::Token => {
                finding(format!("the comment of {named} ends at its first colon"), "PVE ignores this")
                    .edit("write a colon inside a comment as %3A")
            }
            EntryType::Role => {
                finding(format!("PVE ignores the last fields of {named}"), "PVE doesn't read these as privileges")
                    .at_level(Level::Error)
                    .edit("separate privileges by commas")
            }
            EntryType::Acl => finding(format!("PVE ignores the last fields of {named}"), "nothing follows the roles")
                .at_level(Level::Error)
                .edit("acl:PROPAGATE:PATH:SUBJECTS:ROLES: are the fields; separate subjects, and roles, by commas"),
            EntryType::User | EntryType::Pool => {
                finding(format!("PVE ignores the last fields of {named}"), "nothing belongs here")
                    .edit("remove them; write a colon inside a name or comment as %3A")
            }
        })
    });
}
