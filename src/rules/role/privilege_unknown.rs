//! A privilege that no release of PVE has.

use super::{Fate, append, each_lost, guess, subject};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::rules::user::GONE;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_lost(context, sink, |look, lost| {
        if lost.fate != Fate::Never {
            return None;
        }
        let (name, written) = (words::name(lost.role), words::name(lost.privilege));
        let message = format!("role `{name}` lacks `{written}`: PVE has no such privilege");
        let finding = Finding::new(subject(lost.role), look.at(lost.dropped.span), message)
            .discriminator(written)
            .consequence(format!("PVE keeps the role without it. {GONE}"));
        let has = look.model.role(lost.role).map(|role| role.privileges).unwrap_or_default();
        Some(match guess(look, lost.privilege) {
            Some(meant) if has.contains(meant) => {
                finding.label(format!("did you mean `{meant}`? the role has it")).edit("remove it")
            }
            Some(meant) => {
                let finding = finding.label(format!("did you mean `{meant}`?"));
                match append(lost.role, PrivSet::of(meant)) {
                    Some(command) => finding.fix_command(command),
                    None => finding,
                }
            }
            None if look.model.role(lost.privilege).is_some() => {
                finding.label("this is a role: a role can't include roles").edit("name that role in the ACLs too")
            }
            None => finding.label("no such privilege").edit("remove it"),
        })
    });
}
