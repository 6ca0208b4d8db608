//! A time zone that PVE doesn't know.

use super::{Ct, conf, found, line_number, placed, refused, rule, set};
use crate::finding::Level;
use crate::model::container::Place;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-timezone-unknown", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, _) in refused(guest, &["timezone"]) {
        let zone = odd.span.bytes(guest.config.text);
        let name = words::name(zone);
        let utc =
            ["Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Universal", "UCT"].iter().any(|utc| utc.eq_ignore_ascii_case(&name));
        let near = if utc {
            Some("UTC")
        } else {
            words::did_you_mean(zone, table::TIMEZONES.iter().map(|known| known.as_str()).chain(["host", "UTC"]))
        };
        let mut finding =
            found(guest, odd.place, odd.key, odd.span, format!("PVE knows no time zone {name}"))
                .label(near.map_or_else(
                    || "host, UTC or a name in zone.tab".to_owned(),
                    |near| format!("did you mean {near}?"),
                ))
                .about(name)
                .pve("PVE warns at every read; no command would accept the name.");
        if let Some(near) = near.filter(|_| !matches!(odd.place, Place::Snapshot(_))) {
            finding = finding.mend(set(guest, odd.key, near));
        } else {
            finding = finding.edit(format!(
                "write a zone of /usr/share/zoneinfo/zone.tab into line {} of {}",
                line_number(guest, odd.span),
                conf(guest)
            ));
        }
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
