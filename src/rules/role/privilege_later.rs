//! A privilege that only a later release of PVE has.

use super::{Fate, each_lost, subject};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::rules::user::GONE;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check).until(Release::Pve8);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_lost(context, sink, |look, lost| {
        let Fate::Later(privilege, first) = lost.fate else { return None };
        let (name, here) = (words::name(lost.role), look.model.release);
        let message = format!("role `{name}` lacks `{privilege}`: {here} has no such privilege yet");
        Some(
            Finding::new(subject(lost.role), look.at(lost.dropped.span), message)
                .label(format!("only since {first}"))
                .discriminator(privilege.name())
                .consequence(format!("PVE keeps the role without it. {GONE}"))
                .edit(format!("add it to the role after the upgrade to {first}")),
        )
    });
}
