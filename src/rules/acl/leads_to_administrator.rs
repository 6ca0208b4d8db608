//! An ACL whose holders, without full rights, can reach them: by a token of a stronger user, a changed role, a realm of their
//! own, a directory of a node.

use std::collections::BTreeMap;

use super::super::rights::AclAnalysis;
use crate::access::escalate::{Beginnings, Edge, Escalation, Goal, Need, Reach, World};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::builtin_role;
use crate::model::user::{AclEntry, RoleIx, SubjectIx, SubjectKind};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

/// Everybody whose chain starts from the same ACL lines.
struct Alike<'r> {
    /// The entries that it starts from, those of others on the same lines too.
    entries: Vec<AclEntry>,
    who: Vec<SubjectIx>,
    goal: &'r Goal,
    near_full: bool,
}

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    let beginnings = Beginnings::of(access);
    let mut subjects = (0..rights.model.subjects.len()).map(SubjectIx::new);
    if !subjects.any(|who| beginnings.can_begin(who) && rights.enabled(who)) {
        return;
    }
    let escalation = Escalation::new(access, &World::of(context.cluster));
    let those = escalation.those(|who| beginnings.can_begin(who));
    // Who may do all that PVEAdmin may on everything is an administrator in all but name.
    let near = builtin_role(b"PVEAdmin", rights.model.release).unwrap_or_default();
    let mut alike: BTreeMap<Vec<(Span, RoleIx)>, Alike<'_>> = BTreeMap::new();
    for reached in &those {
        let goal = reached.goals.first().filter(|goal| goal.reach <= Reach::NodeRoot);
        let who: Vec<_> = reached.who.iter().copied().filter(|who| counts(rights, *who)).collect();
        let (Some(goal), Some(first)) = (goal, who.first()) else { continue };
        let starts = escalation.starts(rights.model.subject_id(*first), goal);
        if starts.is_empty() {
            continue;
        }
        let key = starts.iter().map(|entry| (entry.line, entry.role)).collect();
        let near_full = reached.on_root.contains_all(near);
        let known =
            alike.entry(key).or_insert_with(|| Alike { entries: Vec::new(), who: Vec::new(), goal, near_full: true });
        for entry in starts {
            if !known.entries.contains(&entry) {
                known.entries.push(entry);
            }
        }
        known.who.extend(who);
        known.near_full &= near_full;
    }
    for one in alike.into_values() {
        sink.extend(finding(rights, &escalation, &one));
    }
}

/// Whether somebody can log in and isn't told of with somebody else: a token without privilege separation is its user.
fn counts(rights: &AclAnalysis<'_>, who: SubjectIx) -> bool {
    let full = rights.model.subject(who).is_some_and(|who| {
        who.kind == SubjectKind::Token && rights.model.token(who.id).is_some_and(|token| !token.privsep.value)
    });
    rights.enabled(who) && !full
}

fn finding(rights: &AclAnalysis<'_>, escalation: &Escalation<'_, '_, '_>, alike: &Alike<'_>) -> Option<Finding> {
    let entry = alike.entries.first()?;
    let path = rights.model.tree.path(entry.node);
    // The entries of the first line, by subject; a group speaks for its members.
    let mut subjects: Vec<_> =
        alike.entries.iter().filter(|other| other.line == entry.line).map(|entry| entry.subject).collect();
    subjects.sort_unstable();
    subjects.dedup();
    let names = rights.all_named(&subjects, 3);
    let what = match alike.goal.reach {
        Reach::Administrator => "become administrator",
        _ => "become root on a node",
    };
    let role = words::name(rights.model.role_name(entry.role));
    let need = alike.goal.steps.iter().flat_map(|step| &step.needs).next()?;
    let group = rights.model.subject(entry.subject).filter(|subject| subject.kind == SubjectKind::Group);
    let mut finding =
        Finding::new(rights.acl_name(&path, entry.subject), rights.at(entry.role_span), format!("{names} can {what}"))
            .label(format!("`{role}` grants {}", need.privilege))
            .discriminator(role.clone());
    for other in alike.entries.iter().filter(|other| other.line != entry.line) {
        let role = words::name(rights.model.role_name(other.role));
        finding = finding.secondary(rights.at(other.role_span), format!("and `{role}` grants what else is needed"));
    }
    if group.is_some() {
        let members = rights.all_named(&alike.who, 3);
        finding = finding.note(format!("that is {members}"));
    }
    for (nth, step) in alike.goal.steps.iter().enumerate() {
        let then = if nth == 0 { "With" } else { "Then with" };
        let needs: Vec<_> =
            step.needs.iter().map(|need| format!("{} on {}", need.privilege, escalation.path(need.at))).collect();
        let first = alike.who.first().map(|who| rights.written(*who)).unwrap_or_default();
        finding =
            finding.consequence(format!("{then} {}, {first} can {}.", words::list(&needs, 4), escalation.step(step)));
    }
    finding = if alike.near_full { finding.at_level(Level::Note) } else { finding };
    finding = finding.edit(instead(rights, escalation, alike, entry, need));
    let entries: Vec<_> = alike.entries.iter().filter(|other| other.line == entry.line).collect();
    finding =
        finding.fix_commands(rights.delete(&path, &entries), &format!("if nothing else of {role} is needed there"));
    Some(finding.edit("ignore this finding with a reason in pvelint.toml, if this is intended"))
}

/// What to give in place of the entry.
fn instead(
    rights: &AclAnalysis<'_>,
    escalation: &Escalation<'_, '_, '_>,
    alike: &Alike<'_>,
    entry: &AclEntry,
    need: &Need,
) -> String {
    let role = words::name(rights.model.role_name(entry.role));
    let path = words::name(rights.model.tree.path(entry.node));
    let on = escalation.path(need.at);
    if rights.model.role_at(entry.role).is_some_and(|role| role.builtin.is_none()) {
        return format!("remove {} from role `{role}`, if it isn't needed there", need.privilege);
    }
    match alike.goal.steps.first().map(|step| step.edge) {
        Some(Edge::MintToken | Edge::JoinGroup) => match on.strip_prefix("/access/groups/") {
            Some(group) => format!("keep users with more privileges out of group `{group}`"),
            None => format!("grant `{role}` only on the groups that need it (/access/groups/GROUP), not on `{path}`"),
        },
        Some(Edge::MapHostDir) => {
            format!("grant PVEMappingUser instead of `{role}`: it can use mappings but not create them")
        }
        _ => format!("grant a role without {} instead of `{role}`", need.privilege),
    }
}
