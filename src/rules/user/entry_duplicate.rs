//! A group, role or pool with two lines, which PVE unites.

use super::each_quirk;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_quirk(context, sink, |look, quirk| {
        let QuirkKind::Again { entry, name, first } = quirk.what else { return None };
        let of = format!("{entry} {}", words::name(name));
        let named = format!("{entry} {}", words::code(name));
        let finding =
            Finding::new(format!("user.cfg: {of}"), look.at(quirk.span), format!("{named} has a second line"))
                .label("PVE adds this line to the one above")
                .secondary(look.at(first), "the first line")
                .edit("nothing, if that is intended: PVE's next write merges the lines");
        Some(finding)
    });
}
