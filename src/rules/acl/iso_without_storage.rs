//! The right to attach ISO images, and no storage to take them from.

use super::storage_gap::{ISOS, gaps, refused};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for gap in &gaps(rights, access).isos {
        let (names, see) = (gap.named(rights), if gap.is_one() { "sees" } else { "see" });
        let finding = Finding::new(
            gap.subject(rights),
            rights.at(gap.entry.role_span),
            format!("{names} can change CD drives but {see} no storage with ISO images"),
        )
        .label("grants VM.Config.CDROM, but no privilege on any storage")
        .discriminator(gap.users.first().or(gap.tokens.first()).map(|who| rights.written(*who)).unwrap_or_default())
        .consequence(format!(
            "The list of ISO images stays empty, and attaching one is refused: {}.",
            refused(gap.best(rights, access, &ISOS), "Datastore.AllocateSpace|Datastore.Audit")
        ));
        sink.push(gap.finish(rights, access, &ISOS, finding));
    }
}
