//! An option without a value.

use super::{Ct, dropped, found, placed, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::{Drop, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-value-missing", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let Drop::Unparsable(Shape::NoValue(key)) = dropped.why else { continue };
        let message = format!("{} of {} has no value", words::name(key), who(guest));
        let finding = found(guest, dropped.place, key, dropped.span, message)
            .pve("PVE warns `unable to parse config` and drops the line: the option is absent, not empty.")
            .edit(remove_line(guest, dropped.span));
        sink.push(placed(finding, RULE.level, dropped.place));
    }
}
