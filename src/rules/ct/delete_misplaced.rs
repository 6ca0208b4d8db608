//! delete: outside the pending changes.

use super::{Ct, dropped, found, placed, remove_line, rule, who};
use crate::finding::Level;
use crate::model::container::Drop;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub static RULE: Rule = rule("ct-delete-misplaced", Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for dropped in dropped(guest) {
        if dropped.why != Drop::Delete {
            continue;
        }
        let finding = found(guest, dropped.place, b"delete", dropped.span, format!("{} has a delete line outside [pve:pending]", who(guest)))
            .label("nothing is deleted")
            .pve("PVE warns `property 'delete' is only allowed in [pve:pending]`, and its next change of the container removes the line.")
            .edit(remove_line(guest, dropped.span));
        sink.push(placed(finding, RULE.level, dropped.place));
    }
}
