//! An id map in a container that isn't flagged `unprivileged`.

use super::Mapped;
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::mapped(Level::Warning, check);

fn check(_: &Context<'_>, mapped: &Mapped<'_, '_>, sink: &mut Sink) {
    let guest = mapped.guest;
    if guest.config.is_unprivileged() {
        return;
    }
    let Some(first) = mapped.map.entries.first() else { return };
    let finding = mapped
        .finding(first.span, format!("container {} has an id map but no `unprivileged: 1`", guest.vmid_text()))
        .label("it runs unprivileged because of this line")
        .consequence("Whatever looks only at the flag treats it as privileged: the API's permission checks, `pct push`, device hotplug, restore.")
        .edit(format!("with the container stopped, add the line `unprivileged: 1` above the first [section] of {}", guest.pve_path("lxc")));
    sink.push(finding);
}
