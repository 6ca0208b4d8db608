//! An lxc.* line that PVE hands on and LXC doesn't know.

use super::{Ct, found, line, placed, remove_line, rule};
use crate::finding::Level;
use crate::model::container::Why;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-raw-unknown-to-lxc", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for odd in guest.config.odd.iter().filter(|odd| odd.why == Why::RawUnknownToLxc) {
        let key = words::name(odd.key);
        let near = odd.key.strip_prefix(b"lxc.net.").and_then(|rest| {
            let at = memchr::memchr(b'.', rest)?;
            words::did_you_mean(rest.get(at + 1..)?, table::NET_KEYS.iter().map(|known| known.as_str()))
        });
        let finding = found(guest, odd.place, odd.key, odd.span, format!("LXC doesn't know {key}"))
            .label(near.map_or_else(String::new, |near| format!("did you mean {near}?")))
            .about(words::name(line(guest, odd.span)))
            .pve("PVE has the key on its list, and hands it on; LXC refuses its whole config.")
            .pve(format!("The container doesn't start: `Unsupported config key \"{key}\"`."))
            .edit(remove_line(guest, odd.span));
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
