//! The right to back guests up, and no storage to do it on.

use super::storage_gap::{BACKUPS, gaps, refused};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for gap in &gaps(rights, access).backups {
        // Every built-in role for guests holds VM.Backup, wanted or not; who lists it in a role means it.
        let Some(listed) = rights
            .model
            .role_at(gap.entry.role)
            .filter(|role| role.builtin.is_none())
            .and_then(|role| role.listed.iter().find(|listed| listed.value.name() == "VM.Backup"))
        else {
            continue;
        };
        let (names, has) = (gap.named(rights), if gap.is_one() { "has" } else { "have" });
        let finding = Finding::new(
            gap.subject(rights),
            rights.at(gap.entry.role_span),
            format!("{names} can back up guests but {has} no storage for backups"),
        )
        .label("privileges on guests only: PVE checks those on storages separately")
        .secondary(rights.at(listed.span), "this role is meant for backups")
        .discriminator(gap.users.first().or(gap.tokens.first()).map(|who| rights.written(*who)).unwrap_or_default())
        .consequence(format!(
            "Backups on demand are refused: {}. Scheduled backups run as root and work.",
            refused(gap.best(rights, access, &BACKUPS), "Datastore.AllocateSpace")
        ));
        sink.push(gap.finish(rights, access, &BACKUPS, finding));
    }
}
