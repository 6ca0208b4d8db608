//! An lxc.* line under a name that LXC gave up.

use super::{Ct, found, line, placed, remove_line, rule, write_as};
use crate::finding::Level;
use crate::model::container::Why;
use crate::model::tables::lxc::RawKey;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-raw-renamed", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let release = guest.config.release;
    for odd in &guest.config.odd {
        let new = match odd.why {
            Why::RawRenamed(new) => new.replace("INDEX", "0"),
            Why::RawLimit => words::name(odd.key).replacen("lxc.limit.", "lxc.prlimit.", 1),
            _ => continue,
        };
        let old = words::name(odd.key);
        let value = line(guest, odd.span).get(odd.key.len()..).unwrap_or_default().trim_ascii_start();
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        let finding = found(guest, odd.place, odd.key, odd.span, format!("LXC no longer knows {old}"))
            .label(format!("now {new}"))
            .about(words::name(value))
            .pve("PVE warns that the key is deprecated, hands it on all the same, and LXC refuses its whole config.")
            .pve(format!("The container doesn't start: `Unsupported config key \"{old}\"`."));
        let finding = match RawKey::of(new.as_bytes(), release) {
            RawKey::Unknown | RawKey::Rejected(_) => finding.edit(remove_line(guest, odd.span)),
            _ => finding.edit(write_as(guest, odd.span, [new.as_bytes(), b": ", value].concat())),
        };
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
