//! A time zone that PVE doesn't know.

use super::{Ct, conf, finding_in, level_for_section, line_number, refused, set};
use crate::finding::Level;
use crate::model::container::Place;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, _) in refused(guest, &["timezone"]) {
        let zone = quirk.span.bytes(guest.config.text);
        let name = words::name(zone);
        let utc =
            ["Etc/UTC", "Etc/GMT", "GMT", "Zulu", "Universal", "UCT"].iter().any(|utc| utc.eq_ignore_ascii_case(&name));
        let near = if utc {
            Some("UTC")
        } else {
            words::did_you_mean(zone, table::TIMEZONES.iter().map(|known| known.as_str()).chain(["host", "UTC"]))
        };
        let mut finding =
            finding_in(guest, quirk.place, quirk.key, quirk.span, format!("PVE doesn't know the time zone `{name}`"))
                .label(near.map_or_else(
                    || "host, UTC or a name in zone.tab".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ))
                .discriminator(name)
                .consequence("PVE warns at every read; no command would accept the name.");
        if let Some(near) = near.filter(|_| !matches!(quirk.place, Place::Snapshot(_))) {
            finding = finding.fix_command(set(guest, quirk.key, near));
        } else {
            finding = finding.edit(format!(
                "write a zone of /usr/share/zoneinfo/zone.tab into line {} of {}",
                line_number(guest, quirk.span),
                conf(guest)
            ));
        }
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
