//! delete: outside the pending changes.

use super::{Ct, display_name, dropped, finding_in, level_for_section, remove_line};
use crate::finding::Level;
use crate::model::container::DropReason;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        if dropped.why != DropReason::Delete {
            continue;
        }
        let finding = finding_in(guest, dropped.place, b"delete", dropped.span, format!("{} has a delete line outside `[pve:pending]`", display_name(guest)))
            .label("this deletes nothing")
            .consequence("PVE warns `property 'delete' is only allowed in [pve:pending]`, and its next change of the container removes the line.")
            .edit(remove_line(guest, dropped.span));
        sink.push(level_for_section(finding, RULE.level, dropped.place));
    }
}
