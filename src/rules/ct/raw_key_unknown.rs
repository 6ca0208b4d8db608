//! An lxc.* line that PVE hands on and LXC doesn't know.

use super::{Ct, finding_in, level_for_section, line, remove_line};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in guest.config.quirks.iter().filter(|quirk| quirk.why == QuirkKind::RawUnknownToLxc) {
        let key = words::name(quirk.key);
        let near = quirk.key.strip_prefix(b"lxc.net.").and_then(|rest| {
            let at = memchr::memchr(b'.', rest)?;
            words::did_you_mean(rest.get(at + 1..)?, table::NET_KEYS.iter().map(|known| known.as_str()))
        });
        let finding = finding_in(guest, quirk.place, quirk.key, quirk.span, format!("LXC doesn't know `{key}`"))
            .label(near.map_or_else(String::new, |near| format!("did you mean `{near}`?")))
            .discriminator(words::name(line(guest, quirk.span)))
            .consequence("PVE has the key on its list and passes it on; LXC refuses its whole config.")
            .consequence(format!("The container doesn't start: `Unsupported config key \"{key}\"`."))
            .edit(remove_line(guest, quirk.span));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
