//! A privilege that this release of PVE has no more.

use super::{Fate, each_lost, mend_removed, subject};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::rules::user::GONE;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check).since(Release::Pve9);

fn check(context: &Context<'_>, sink: &mut Sink) {
    each_lost(context, sink, |look, lost| {
        let Fate::Removed(privilege, without) = lost.fate else { return None };
        let name = words::name(lost.role);
        let message = format!("role `{name}` lacks `{privilege}`: {without} removed that privilege");
        let finding =
            Finding::new(subject(lost.role), look.at(lost.dropped.span), message).discriminator(privilege.name());
        let has = look.model.role(lost.role).map(|role| role.privileges).unwrap_or_default();
        let successors = privilege.successors();
        // Sys.Audit is in many roles for its own sake; any other successor was put in to take its place.
        if (has & successors).iter().any(|successor| successor.name() != "Sys.Audit") {
            return Some(
                finding
                    .at_level(Level::Note)
                    .label("ignored")
                    .consequence("The role includes its replacement, so this is just left over.")
                    .edit("nothing: PVE's next write removes it"),
            );
        }
        let finding = finding
            .label(format!("removed in {without}"))
            .consequence(format!("PVE keeps the role without it: what it allowed fails with 403. {GONE}"));
        Some(mend_removed(finding, lost.role, successors - has))
    });
}
