//! Privileges to create guests or disks, and no storage to create them on.

use super::storage_gap::{DISKS, gaps, refused};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::rights::privs;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for gap in gaps(rights, access).disks.iter().filter(|gap| gap.pool.is_none()) {
        let names = gap.named(rights);
        let allocate = gap.privs.intersects(privs(&["VM.Allocate"]));
        let has = if gap.is_one() { "has" } else { "have" };
        let message = if allocate {
            format!("{names} can create guests but {has} no storage for their disks")
        } else {
            format!("{names} can change disks but {has} no storage to create one on")
        };
        let finding = Finding::new(gap.subject(rights), rights.at(gap.entry.role_span), message)
            .label("privileges on guests only: PVE checks those on storages separately")
            .discriminator(gap.users.first().or(gap.tokens.first()).map(|who| rights.written(*who)).unwrap_or_default())
            .consequence(format!(
                "Every call that creates a disk (create, clone, restore, move, resize) is refused: {}.",
                refused(gap.best(rights, access, &DISKS), "Datastore.AllocateSpace")
            ));
        let finding = gap.finish(rights, access, &DISKS, finding);
        // Who only sets the boot order needs no storage.
        sink.push(if allocate { finding } else { finding.at_level(Level::Note) });
    }
}
