//! A group that no ACL is for.

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::realm;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let model = rights.model;
    let named: FxHashSet<_> = model.acl.iter().map(|entry| entry.subject).collect();
    let paths: FxHashSet<_> = rights.spots.iter().map(|spot| spot.path.as_slice()).collect();
    // Groups that a directory brings are called NAME-REALM, and nobody chooses which come.
    let realms: FxHashSet<_> = model
        .users
        .iter()
        .map(|user| realm(user.id.value))
        .filter(|realm| *realm != "pam" && *realm != "pve")
        .collect();
    for group in model.groups.iter().filter(|group| !named.contains(&group.subject)) {
        let id = group.name.value;
        let synced = || {
            id.char_indices()
                .any(|(at, _, c)| c == '-' && realms.contains(id.get(at + 1..).unwrap_or_default().as_bstr()))
        };
        if paths.contains([b"/access/groups/", id.as_bytes()].concat().as_slice()) || synced() {
            continue;
        }
        let name = words::name(id);
        sink.push(
            Finding::new(
                format!("user.cfg: group {name}"),
                rights.at(group.name.span),
                format!("no ACL names group `{name}`"),
            )
            .consequence("Membership grants nothing.")
            .fix_command_when(Command::new("pveum group delete").arg(id), "if it isn't needed"),
        );
    }
}
