//! A host name that isn't one.

use super::{Ct, found, placed, refused, rule, set};
use crate::finding::Level;
use crate::model::container::Place;
use crate::model::schema::format;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-hostname-invalid", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (odd, _) in refused(guest, &["hostname"]) {
        let name = words::name(odd.span.bytes(guest.config.text));
        let better: String =
            name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' }).collect();
        let better = better.trim_matches(['-', '.']);
        let mut finding = found(guest, odd.place, odd.key, odd.span, format!("{name} is no valid host name"))
            .label("letters, digits and - only, dots between the parts")
            .about(&name)
            .pve("PVE warns `value does not look like a valid DNS name` at every read, and refuses to clone the container under this name.");
        let proposal =
            format::is_dns_name(better.as_bytes()) && name.is_ascii() && !matches!(odd.place, Place::Snapshot(_));
        if proposal {
            finding = finding.mend(set(guest, odd.key, better));
        }
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
