//! Memory or swap with a unit.

use super::{Ct, display_name, finding_in, in_unit, invalid, level_for_section, set};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, _) in invalid(guest) {
        let Some(size) = in_unit(guest, quirk) else { continue };
        let (key, value) = (words::name(quirk.key), words::name(quirk.span.bytes(guest.config.text)));
        let taken = if size.taken == 0.0 && quirk.key == b"memory" { 512.0 } else { size.taken };
        let what = match size.meant {
            Some(meant) if meant.to_string() == taken.to_string() => {
                format!("`{key} {value}` of {} isn't a number", display_name(guest))
            }
            _ if quirk.key == b"memory" => format!("{} has {taken} MiB of memory, not `{value}`", display_name(guest)),
            _ => format!("{} has {taken} MiB of swap, not `{value}`", display_name(guest)),
        };
        let mut finding = finding_in(guest, quirk.place, quirk.key, quirk.span, what)
            .label(format!("PVE reads {taken}: the unit is always MiB"))
            .consequence(
                "PVE warns `type check ('integer') failed` at every read and uses the digits in front of the unit.",
            );
        if quirk.key == b"memory" && taken < 64.0 {
            finding = finding.consequence("The container runs out of memory as soon as it boots.");
        }
        if let Some(meant) = size.meant {
            finding = finding.fix_command(set(guest, quirk.key, meant.to_string()));
        }
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
