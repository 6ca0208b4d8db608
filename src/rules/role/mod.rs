//! Roles in user.cfg: names and privileges that PVE drops, and lines that change what is built in.

use bstr::BStr;

use crate::finding::{Command, Finding};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{Dropped, Reason};
use crate::release::Release;
use crate::rules::user::{Look, each_dropped};
use crate::rules::{Context, Sink, words};

include!(concat!(env!("OUT_DIR"), "/rules/role.rs"));

/// What a privilege that PVE drops is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// No release has it.
    Never,
    /// Releases before this one had it; holds the first without it.
    Removed(Priv, Release),
    /// A later release has it, the first of which this is.
    Later(Priv, Release),
}

fn fate(name: &[u8], release: Release) -> Fate {
    let Some(privilege) = Priv::from_name(name) else { return Fate::Never };
    let has = |release: &&Release| privilege.exists_in(**release);
    match Release::ALL.iter().filter(|&&other| other > release).find(has) {
        Some(&first) => Fate::Later(privilege, first),
        None => {
            let last = Release::ALL.iter().rev().find(has);
            let first_without = Release::ALL.iter().find(|&other| Some(other) > last);
            Fate::Removed(privilege, first_without.copied().unwrap_or(release))
        }
    }
}

/// A privilege that PVE has dropped from a role's line.
struct Lost<'m> {
    role: &'m BStr,
    /// As written.
    privilege: &'m BStr,
    fate: Fate,
    dropped: &'m Dropped<'m>,
}

/// Asks `find` about every privilege that PVE drops, but not in lines that speak of a built-in role, and not of roles that
/// this leaves without any: other rules do.
fn each_lost<'m>(context: &Context<'m>, sink: &mut Sink, find: impl Fn(&Look<'m>, &Lost<'m>) -> Option<Finding>) {
    each_dropped(context, sink, |look, dropped| {
        let Reason::Privilege { role, privilege } = dropped.reason else { return None };
        let kept = look.model.role(role).filter(|role| role.builtin.is_none() && !role.privileges.is_empty());
        kept?;
        find(look, &Lost { role, privilege, fate: fate(privilege, look.model.release), dropped })
    });
}

/// The privilege of this release that `name` is probably meant to be.
fn guess(look: &Look<'_>, name: &[u8]) -> Option<Priv> {
    let release = look.model.release;
    let known = || Priv::all().filter(|privilege| privilege.exists_in(release));
    let guess = look.guess(name, known().map(|privilege| BStr::new(privilege.name())))?;
    Priv::from_name(guess.as_bytes())
}

/// `pveum role modify ROLE --append 1 --privs A,B`, unless `privileges` is empty.
fn append(role: &BStr, privileges: PrivSet) -> Option<Command> {
    let names: Vec<_> = privileges.iter().map(Priv::name).collect();
    (!names.is_empty())
        .then(|| Command::new("pveum role modify").arg(role).words("--append 1 --privs").arg(names.join(",")))
}

/// Adds what takes the place of privileges that this release has removed, the least first.
fn mend_removed(mut finding: Finding, role: &BStr, successors: PrivSet) -> Finding {
    let (agent, other): (PrivSet, PrivSet) = split(successors, |name| name.starts_with("VM.GuestAgent."));
    let (audit, _) = split(agent, |name| name == "VM.GuestAgent.Audit");
    let choices = [
        (audit, "to ask the guest agent for addresses, file systems and so on"),
        (agent, "everything that the guest agent can do, including running commands"),
    ];
    for (privileges, when) in choices {
        if let Some(command) = append(role, privileges) {
            finding = finding.fix_command_when(command, when);
        }
    }
    if let Some(command) = append(role, other) {
        let when = if agent.is_empty() { "" } else { "the read-only commands of QEMU's monitor" };
        finding = finding.fix_command_when(command, when);
    }
    finding
}

fn split(privileges: PrivSet, first: impl Fn(&str) -> bool) -> (PrivSet, PrivSet) {
    let in_first: PrivSet = privileges.iter().filter(|privilege| first(privilege.name())).collect();
    (in_first, privileges - in_first)
}

fn subject(role: &BStr) -> String {
    format!("user.cfg: role {}", words::name(role))
}
