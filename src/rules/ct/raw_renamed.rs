//! An lxc.* line under a name that LXC gave up.

use super::{Ct, finding_in, level_for_section, line, remove_line, write_as};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::lxc::RawKey;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let release = guest.config.release;
    for quirk in &guest.config.quirks {
        let new = match quirk.why {
            QuirkKind::RawRenamed(new) => new.replace("INDEX", "0"),
            QuirkKind::RawLimit => words::name(quirk.key).replacen("lxc.limit.", "lxc.prlimit.", 1),
            _ => continue,
        };
        let old = words::name(quirk.key);
        let value = line(guest, quirk.span).get(quirk.key.len()..).unwrap_or_default().trim_ascii_start();
        let value = value.get(1..).unwrap_or_default().trim_ascii_start();
        let finding = finding_in(guest, quirk.place, quirk.key, quirk.span, format!("LXC no longer knows `{old}`"))
            .label(format!("now `{new}`"))
            .discriminator(words::name(value))
            .consequence(
                "PVE warns that the key is deprecated but still passes it on, and LXC refuses its whole config.",
            )
            .consequence(format!("The container doesn't start: `Unsupported config key \"{old}\"`."));
        let finding = match RawKey::of(new.as_bytes(), release) {
            RawKey::Unknown | RawKey::Rejected(_) => finding.edit(remove_line(guest, quirk.span)),
            _ => finding.edit(write_as(guest, quirk.span, [new.as_bytes(), b": ", value].concat())),
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
