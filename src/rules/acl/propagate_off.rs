//! An ACL that doesn't propagate from a path on which PVE checks nothing.

use super::role_reach;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::checked_anywhere;
use crate::model::user::AclEntry;
use crate::rules::rights::{AclAnalysis, Spot, Standing};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    for spot in &rights.spots {
        if spot.standing != Standing::Checked || spot.exists == Some(false) {
            continue;
        }
        let idle: Vec<&AclEntry> =
            rights.entries(spot).iter().filter(|entry| reaches_nothing(rights, spot, entry)).copied().collect();
        for part in idle.chunk_by(|a, b| a.line == b.line) {
            let Some(first) = part.first() else { continue };
            let path = words::name(&spot.path);
            let mut who: Vec<_> = part.iter().map(|entry| entry.subject).collect();
            who.sort_unstable();
            who.dedup();
            let who = rights.all_named(&who, 3);
            let roles = rights.roles_named(part);
            let denies = part.iter().all(|entry| rights.role(entry).is_empty());
            let finding = Finding::new(
                rights.acl_name(&spot.path, first.subject),
                rights.at(first.flag_span),
                format!("{roles} on `{path}` has no effect: it doesn't propagate"),
            )
            .label(format!("0: not below `{path}`"))
            .secondary(rights.at(first.path_span), "PVE checks these privileges only below this path")
            .discriminator(&*roles)
            .consequence(if denies {
                format!("It denies {who} nothing.")
            } else {
                format!("It grants {who} nothing.")
            });
            let commands = part.iter().map(|entry| AclEntry { propagate: true, ..**entry }).collect::<Vec<_>>();
            let commands = rights.modify(&spot.path, &commands.iter().collect::<Vec<_>>());
            let finding = if commands.is_empty() {
                finding.edit("write 1 instead of 0 in this line")
            } else {
                finding.fix_commands(commands.into_iter().map(|command| command.words("--propagate 1")), "")
            };
            sink.push(finding);
        }
    }
}

fn reaches_nothing(rights: &AclAnalysis<'_>, spot: &Spot, entry: &AclEntry) -> bool {
    let Some(role) = rights.model.role_at(entry.role).filter(|_| !entry.propagate) else { return false };
    if role.is_no_access() && role.privileges.is_empty() {
        return (role_reach(spot, false) - checked_anywhere()).is_empty();
    }
    !role.privileges.intersects(role_reach(spot, false)) && role.privileges.intersects(role_reach(spot, true))
}
