//! A value that API and command line would refuse.

use super::{Ct, conf, display_name, finding_in, is_overridden, level_for_section, line_number, set};
use crate::finding::Level;
use crate::model::container::{Place, QuirkKind};
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for quirk in &config.quirks {
        let QuirkKind::OutOfBounds(problem) = &quirk.why else { continue };
        let Some(option) = table::option(quirk.key, config.release) else { continue };
        let value = quirk.span.bytes(config.text);
        let is_own = match quirk.key {
            b"arch" => !table::ARCHITECTURES.iter().any(|known| known.as_bytes() == value),
            b"lock" | b"hostname" => true,
            _ => false,
        };
        if is_own || is_overridden(guest, quirk) {
            continue;
        }
        let (key, shown) = (words::name(quirk.key), words::name(value));
        let property = &option.property;
        let near = words::did_you_mean(value, property.values.iter().copied());
        let label = match (near, property.min, property.max) {
            (Some(near), ..) => format!("did you mean `{near}`?"),
            (None, ..) if !property.values.is_empty() => format!("one of {}", property.values.join(", ")),
            (None, Some(min), Some(max)) => format!("{min} to {max}"),
            (None, Some(min), None) => format!("at least {min}"),
            _ => words::name(&problem.text),
        };
        let mut finding = finding_in(
            guest,
            quirk.place,
            quirk.key,
            quirk.span,
            format!("`{key}` of {} can't be `{shown}`", display_name(guest)),
        )
        .label(label)
        .discriminator(shown)
        .consequence("PVE doesn't check this when it reads the file, and uses the value. No command would accept it.");
        if quirk.key == b"ostype" {
            finding = finding.consequence(
                "The container starts, and PVE configures nothing inside it: no network, no host name, no password.",
            );
        }
        finding = match near {
            Some(near) if !matches!(quirk.place, Place::Snapshot(_)) => {
                finding.fix_command(set(guest, quirk.key, near))
            }
            _ => finding.edit(format!(
                "write a value that PVE accepts into line {} of {}",
                line_number(guest, quirk.span),
                conf(guest)
            )),
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
