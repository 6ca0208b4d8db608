//! An id map that stands below a `[section]` header, where it has no effect.

use crate::cluster::Guest;
use crate::finding::{Finding, Level};
use crate::model::container::{Container, Place};
use crate::model::idmap;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Guest<'_, Container<'_>>, sink: &mut Sink) {
    let config = &guest.config;
    let is_map = |key: &[u8]| idmap::is_map_key(key, config.release);
    // Snapshots keep a copy of the lines, so they say something only when the container itself has none.
    if config.main.raw.iter().any(|raw| is_map(raw.key)) {
        return;
    }
    // What is appended with `>>` lands in the last section.
    let Some(section) = config.sections().max_by_key(|section| section.header.start) else { return };
    let place = match section.place {
        Place::Main | Place::Special(_) => return,
        Place::Pending => "[pve:pending]".to_owned(),
        Place::Snapshot(name) => format!("[{}]", words::name(name)),
    };
    let Some(first) = section.raw.iter().find(|raw| is_map(raw.key)) else { return };
    let vmid = guest.vmid_text();
    let finding = Finding::new(
        format!("ct {vmid}: idmap"),
        guest.at(first.key_span.join(first.span)),
        format!("the id map of container {vmid} has no effect"),
    )
    .label(format!("this line belongs to {place}"))
    .secondary(guest.at(section.header), "the lines from here on aren't the container's own")
    .consequence(
        "The container runs with the default map, or none. Text appended to the file ends up in its last section.",
    )
    .edit(format!(
        "with the container stopped, move the lxc.idmap lines above the first [section] of {}",
        guest.pve_path("lxc")
    ));
    sink.push(finding);
}
