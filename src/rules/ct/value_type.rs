//! A number or boolean that isn't one.

use super::{Ct, conf, found, in_unit, invalid, line_number, placed, rule, who};
use crate::finding::Level;
use crate::model::schema::number;
use crate::model::schema::{Kind, Reason};
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-value-type", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    for (odd, _) in invalid(guest).filter(|(_, problem)| problem.reason == Reason::Type) {
        if in_unit(guest, odd).is_some() {
            continue;
        }
        let Some(option) = table::option(odd.key, config.release) else { continue };
        let value = odd.span.bytes(config.text);
        let kind = option.property.kind;
        let (is_no, taken) = match kind {
            Kind::Boolean => ("is neither 1 nor 0", "1".to_owned()),
            _ => ("is no number", number::prefix(value).to_string()),
        };
        let message = format!("{} {} of {} {is_no}", words::name(odd.key), words::name(value), who(guest));
        let mut finding = found(guest, odd.place, odd.key, odd.span, message)
            .label(format!("PVE uses it as {taken}"))
            .about(words::name(value))
            .pve(
                "PVE warns `type check failed` at every read and goes on with the text, of which Perl makes a number.",
            );
        if kind == Kind::Boolean {
            finding = finding.edit(format!(
                "write 1 or 0 for {} in line {} of {}",
                words::name(odd.key),
                line_number(guest, odd.span),
                conf(guest)
            ));
        } else {
            finding = finding.edit(format!(
                "write a plain number for {} in line {} of {}",
                words::name(odd.key),
                line_number(guest, odd.span),
                conf(guest)
            ));
        }
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
