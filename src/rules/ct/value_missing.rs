//! An option without a value.

use super::{Ct, display_name, dropped, finding_in, level_for_section, remove_line};
use crate::finding::Level;
use crate::model::container::{DropReason, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        let DropReason::Unparsable(Shape::NoValue(key)) = dropped.why else { continue };
        let message = format!("`{}` of {} has no value", words::name(key), display_name(guest));
        let finding = finding_in(guest, dropped.place, key, dropped.span, message)
            .consequence("PVE warns `unable to parse config` and drops the line: the option is missing, not empty.")
            .edit(remove_line(guest, dropped.span));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
