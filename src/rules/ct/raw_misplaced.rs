//! lxc.* lines among the pending changes or in a snapshot only.

use rustc_hash::FxHashSet;

use super::{Ct, conf, display_name, finding_in};
use crate::finding::Level;
use crate::model::container::{Place, Raw};
use crate::model::idmap::is_map_key;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    if config.pending.is_none() && config.snapshots.is_empty() {
        return;
    }
    let in_main: FxHashSet<&[u8]> = config.main.raw.iter().map(|raw| raw.key).collect();
    for section in config.sections().skip(1) {
        let own = |raw: &&Raw<'_>| !is_map_key(raw.key, config.release) && !in_main.contains(raw.key);
        let mut raws = section.raw.iter().filter(own);
        let Some(raw) = raws.next() else { continue };
        let (level, what) = match section.place {
            // Whoever removed a line since the snapshot was made has it there still.
            Place::Snapshot(_) => {
                (Level::Note, "The container runs without it: lines below a `[section]` belong to that section only.")
            }
            _ => (
                RULE.level,
                "The container runs without it. When PVE applies the changes, such lines replace all lxc.* lines of the container.",
            ),
        };
        let name = match section.place {
            Place::Snapshot(name) => format!("snapshot `{}`", words::name(name)),
            _ => "the pending changes".to_owned(),
        };
        let mut finding = finding_in(
            guest,
            section.place,
            raw.key,
            raw.key_span,
            format!("`{}` of {} is only in {name}", words::name(raw.key), display_name(guest)),
        )
        .at_level(level)
        .consequence(what)
        .edit(format!("put the line above the first [ of {}, if the container shall have it", conf(guest)));
        for raw in raws.take(7) {
            finding = finding.secondary(guest.at(raw.key_span), "and this");
        }
        sink.push(finding);
    }
}
