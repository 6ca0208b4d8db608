//! A host name that isn't one.

use super::{Ct, finding_in, level_for_section, refused, set};
use crate::finding::Level;
use crate::model::container::Place;
use crate::model::schema::format;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (quirk, _) in refused(guest, &["hostname"]) {
        let name = words::name(quirk.span.bytes(guest.config.text));
        let better: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let better = better.trim_matches(['-', '.']);
        let mut finding = finding_in(guest, quirk.place, quirk.key, quirk.span, format!("`{name}` isn't a valid host name"))
            .label("only letters, digits and -, with dots between the parts")
            .discriminator(&name)
            .consequence("PVE warns `value does not look like a valid DNS name` at every read, and refuses to clone the container under this name.");
        let proposal =
            format::is_dns_name(better.as_bytes()) && name.is_ascii() && !matches!(quirk.place, Place::Snapshot(_));
        if proposal {
            finding = finding.fix_command(set(guest, quirk.key, better));
        }
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
