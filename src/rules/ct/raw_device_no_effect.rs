//! A device rule that an unprivileged container doesn't need.

use super::{Ct, display_name, finding_in_main, has_map, remove_line};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    if config.main.raw.is_empty()
        || !has_map(config)
        || config.main.raw_values("lxc.cgroup2.devices.deny").next().is_some()
    {
        return;
    }
    for raw in config.main.raw_values("lxc.cgroup2.devices.allow") {
        let finding = finding_in_main(guest, raw.key, raw.key_span, format!("{} needs no rule for devices", display_name(guest)))
            .discriminator(words::name(raw.value))
            .consequence("PVE allows unprivileged containers all devices: they can't create any, and can use what the file's mode and owner allow.")
            .edit(remove_line(guest, raw.key_span));
        sink.push(finding);
    }
}
