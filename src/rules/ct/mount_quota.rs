//! Quotas in an unprivileged container.

use super::{Ct, all_mounts, display_name, finding_in_main, set, without};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    if !guest.config.is_unprivileged() {
        return;
    }
    for (option, props) in all_mounts(guest) {
        let Some(quota) = props.get("quota").filter(|quota| quota.is_true()) else { continue };
        let key = words::name(option.key);
        let finding = finding_in_main(
            guest,
            option.key,
            quota.key_span.join(quota.span),
            format!("`{key}` of {} can't have quotas", display_name(guest)),
        )
        .label("only privileged containers can")
        .consequence("The container doesn't start: PVE doesn't support quotas in unprivileged containers.")
        .fix_command(set(guest, option.key, without(guest, option, &["quota"])));
        sink.push(finding);
    }
}
