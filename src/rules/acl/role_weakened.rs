//! A built-in role that an upgrade takes a privilege from, where somebody has the privilege through it.

use bstr::BStr;

use super::{Who, give, written};
use crate::access::Access;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::tables::access::{Priv, PrivSet, builtin_role, builtin_roles};
use crate::model::user::{AclEntry, RoleIx, SubjectKind, UserCfg};
use crate::release::Release;
use crate::rules::rights::named;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::upgrade(Level::Warning, &[Input::User], check).since(Release::Pve8);

/// So many ACLs are shown.
const SHOWN: usize = 4;

/// So many rights are looked up before a role is left alone: a group may have thousands of members, and many ACLs.
const ASKED: usize = 1_000;

/// A role for what was taken, where the file has none.
const NEW_ROLE: &str = "PermissionsAdmin";

fn check(context: &Context<'_>, from: Release, sink: &mut Sink) {
    let (Some(file), Some(access)) = (&context.cluster.user, context.access()) else { return };
    let model = &file.model;
    let everything = PrivSet::all(model.release);
    for (name, now) in builtin_roles(model.release) {
        let before = builtin_role(name.as_bytes(), from).unwrap_or_default();
        let Some((ix, role)) = model.role_ix(name.as_bytes()).zip(model.role(name.as_bytes())) else { continue };
        // What the release has no more at all is the matter of other rules, and the file may add to the role.
        let lost = ((before - now) & everything) - role.privileges;
        if lost.is_empty() {
            continue;
        }
        let mut asked = 0;
        let entries = model.acl.iter().filter(|entry| entry.role == ix);
        let losing = entries.filter(|entry| loses(model, access, entry, lost, ix, &mut asked));
        let losing: Vec<_> = losing.take(SHOWN + 1).collect();
        let Some(first) = losing.first() else { continue };
        let (role, what) = (BStr::new(name), named(lost, 3));
        let place = |entry: &AclEntry| file.at(entry.role_span);
        let path = |entry: &AclEntry| words::name(model.tree.path(entry.node));
        let mut finding = Finding::new(
            format!("user.cfg: role {role}"),
            place(first),
            format!("role `{role}` no longer has {what}"),
        )
        .label(format!("{} has it from here, on {}", written(model, first), path(first)))
        .consequence(format!(
            "Changing permissions on {} fails with `403 Permission check failed`: the role of {} no longer includes {what}.",
            path(first),
            model.release
        ));
        for entry in losing.iter().skip(1).take(SHOWN - 1) {
            finding = finding.secondary(place(entry), format!("{} on {}", written(model, entry), path(entry)));
        }
        if losing.len() > SHOWN {
            finding = finding.consequence("There are more such ACLs than are shown.");
        }
        sink.push(match keep(model, first, lost) {
            Some(commands) => finding.fix_commands(commands, "if they still need it; likewise for the others"),
            None => finding.edit(format!("if they still need it, grant a role with {what} there as well")),
        });
    }
}

/// Whether somebody whom `entry` is for has the role on its path, and nothing else that gives what is lost.
fn loses(
    model: &UserCfg<'_>,
    access: &Access<'_, '_>,
    entry: &AclEntry,
    lost: PrivSet,
    role: RoleIx,
    asked: &mut usize,
) -> bool {
    if *asked >= ASKED {
        return false;
    }
    let Some(subject) = model.subject(entry.subject).filter(|subject| subject.defined()) else { return false };
    let path = model.tree.path(entry.node);
    let mut one = |id: &BStr| {
        *asked += 1;
        *asked <= ASKED
            && !access.effective(id, &path).privs.contains_all(lost)
            && access.roles(id, &path).iter().any(|(applied, _)| *applied == role)
    };
    match (subject.kind, model.group(subject.id)) {
        (SubjectKind::Group, Some(group)) => group.members.iter().any(|member| one(model.subject_id(member.value))),
        _ => one(subject.id),
    }
}

/// The commands that give what is lost to the subject of `entry` on its path.
fn keep(model: &UserCfg<'_>, entry: &AclEntry, lost: PrivSet) -> Option<Vec<Command>> {
    let subject = model.subject(entry.subject)?;
    let own = model.roles.iter().find(|role| role.builtin.is_none() && role.privileges == lost);
    let role = own.map_or(BStr::new(NEW_ROLE), |role| role.name);
    let mut commands = Vec::new();
    if own.is_none() {
        if model.role(NEW_ROLE.as_bytes()).is_some() {
            return None;
        }
        let privileges: Vec<_> = lost.iter().map(Priv::name).collect();
        commands.push(Command::new("pveum role add").arg(NEW_ROLE).words("--privs").arg(privileges.join(",")));
    }
    let mark: &[u8] = if subject.kind == SubjectKind::Group { b"@" } else { b"" };
    let who = [mark, subject.id].concat();
    let who = Who::of(model, [BStr::new(&who)]);
    let propagate = (!entry.propagate).then_some(false);
    commands.push(give(model, &model.tree.path(entry.node), &who, &[role], propagate)?);
    Some(commands)
}
