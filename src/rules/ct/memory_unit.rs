//! Memory or swap with a unit.

use super::{Ct, found, in_unit, invalid, placed, rule, set, who};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-memory-unit", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, _) in invalid(guest) {
        let Some(size) = in_unit(guest, odd) else { continue };
        let (key, value) = (words::name(odd.key), words::name(odd.span.bytes(guest.config.text)));
        let taken = if size.taken == 0.0 && odd.key == b"memory" { 512.0 } else { size.taken };
        let what = match size.meant {
            Some(meant) if meant.to_string() == taken.to_string() => {
                format!("{key} {value} of {} is no number", who(guest))
            }
            _ if odd.key == b"memory" => format!("{} has {taken} MiB of memory, not {value}", who(guest)),
            _ => format!("{} has {taken} MiB of swap, not {value}", who(guest)),
        };
        let mut finding = found(guest, odd.place, odd.key, odd.span, what)
            .label(format!("counts as {taken}: the unit is always MiB"))
            .pve("PVE warns `type check ('integer') failed` at every read and uses the digits in front of the unit.");
        if odd.key == b"memory" && taken < 64.0 {
            finding = finding.pve("The container is killed for want of memory as soon as it boots.");
        }
        if let Some(meant) = size.meant {
            finding = finding.mend(set(guest, odd.key, meant.to_string()));
        }
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
