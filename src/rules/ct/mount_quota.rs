//! Quotas in an unprivileged container.

use super::{Ct, all_mounts, in_main, rule, set, who, without};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-mount-quota", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    if !guest.config.is_unprivileged() {
        return;
    }
    for (option, props) in all_mounts(guest) {
        let Some(quota) = props.get("quota").filter(|quota| quota.is_true()) else { continue };
        let key = words::name(option.key);
        let finding = in_main(
            guest,
            option.key,
            quota.key_span.join(quota.span),
            format!("{key} of {} can't have quotas", who(guest)),
        )
        .label("only privileged containers can")
        .pve("The container doesn't start: quotas are not supported in unprivileged containers.")
        .mend(set(guest, option.key, without(guest, option, &["quota"])));
        sink.push(finding);
    }
}
