//! A value that API and command line would refuse.

use super::{Ct, conf, found, is_overridden, line_number, placed, rule, set, who};
use crate::finding::Level;
use crate::model::container::{Place, Why};
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-value-range", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for odd in &config.odd {
        let Why::OutOfBounds(problem) = &odd.why else { continue };
        let Some(option) = table::option(odd.key, config.release) else { continue };
        let value = odd.span.bytes(config.text);
        let is_own = match odd.key {
            b"arch" => !table::ARCHITECTURES.iter().any(|known| known.as_bytes() == value),
            b"lock" | b"hostname" => true,
            _ => false,
        };
        if is_own || is_overridden(guest, odd) {
            continue;
        }
        let (key, shown) = (words::name(odd.key), words::name(value));
        let property = &option.property;
        let near = words::did_you_mean(value, property.values.iter().copied());
        let label = match (near, property.min, property.max) {
            (Some(near), ..) => format!("did you mean {near}?"),
            (None, ..) if !property.values.is_empty() => format!("one of {}", property.values.join(", ")),
            (None, Some(min), Some(max)) => format!("{min} to {max}"),
            (None, Some(min), None) => format!("at least {min}"),
            _ => words::name(&problem.text),
        };
        let mut finding =
            found(guest, odd.place, odd.key, odd.span, format!("{key} of {} can't be {shown}", who(guest)))
                .label(label)
                .about(shown)
                .pve("PVE reads the file without looking at this, and uses the value. No command would accept it.");
        if odd.key == b"ostype" {
            finding = finding.pve(
                "The container starts, and PVE configures nothing inside it: no network, no host name, no password.",
            );
        }
        finding = match near {
            Some(near) if !matches!(odd.place, Place::Snapshot(_)) => finding.mend(set(guest, odd.key, near)),
            _ => finding.edit(format!(
                "write a value that PVE accepts into line {} of {}",
                line_number(guest, odd.span),
                conf(guest)
            )),
        };
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
