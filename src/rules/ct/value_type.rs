//! A number or boolean that isn't one.

use super::{Ct, conf, display_name, finding_in, in_unit, invalid, level_for_section, line_number};
use crate::finding::Level;
use crate::model::schema::number;
use crate::model::schema::{Kind, Reason};
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for (quirk, _) in invalid(guest).filter(|(_, problem)| problem.reason == Reason::Type) {
        if in_unit(guest, quirk).is_some() {
            continue;
        }
        let Some(option) = table::option(quirk.key, config.release) else { continue };
        let value = quirk.span.bytes(config.text);
        let kind = option.property.kind;
        let (is_no, taken) = match kind {
            Kind::Boolean => ("is neither 1 nor 0", "1".to_owned()),
            _ => ("isn't a number", number::prefix(value).to_string()),
        };
        let message = format!("`{} {}` of {} {is_no}", words::name(quirk.key), words::name(value), display_name(guest));
        let mut finding = finding_in(guest, quirk.place, quirk.key, quirk.span, message)
            .label(format!("PVE uses it as {taken}"))
            .discriminator(words::name(value))
            .consequence(
                "PVE warns `type check failed` at every read and still uses the text, which Perl turns into a number.",
            );
        if kind == Kind::Boolean {
            finding = finding.edit(format!(
                "write 1 or 0 for {} in line {} of {}",
                words::name(quirk.key),
                line_number(guest, quirk.span),
                conf(guest)
            ));
        } else {
            finding = finding.edit(format!(
                "write a plain number for {} in line {} of {}",
                words::name(quirk.key),
                line_number(guest, quirk.span),
                conf(guest)
            ));
        }
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
