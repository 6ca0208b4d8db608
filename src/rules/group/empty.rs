//! A group that has ACLs and no members.

use rustc_hash::FxHashMap;

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::Reason;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let model = rights.model;
    let mut acls = FxHashMap::default();
    for entry in &model.acl {
        acls.entry(entry.subject).or_insert(entry);
    }
    // Members that PVE drops are findings of their own.
    let lost = |name: &[u8]| {
        model.dropped.iter().any(|dropped| matches!(dropped.reason, Reason::MemberId { group, .. } if group == name))
    };
    for group in model.groups.iter().filter(|group| group.members.is_empty()) {
        let Some(entry) = acls.get(&group.subject).filter(|_| !lost(group.name.value)) else { continue };
        let name = words::name(group.name.value);
        sink.push(
            Finding::new(
                format!("user.cfg: group {name}"),
                rights.at(group.name.span),
                format!("group `{name}` has permissions but no members"),
            )
            .secondary(rights.at(entry.subject_span), "so nobody has these permissions")
            .edit(format!(
                "add members (pveum user modify USER --append 1 --groups {name}), or remove what isn't needed"
            )),
        );
    }
}
