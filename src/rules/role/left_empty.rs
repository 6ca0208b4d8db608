//! A role none of whose privileges exists: it is kept, empty.

use bstr::BStr;
use rustc_hash::FxHashMap;

use super::{Fate, append, fate, guess, mend_removed, subject};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, Reason};
use crate::rules::user::Look;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(look) = Look::of(context) else { return };
    // The dropped privileges of each empty role, in the order of the file.
    let mut empty: FxHashMap<_, Vec<_>> = FxHashMap::default();
    let mut order = Vec::new();
    for dropped in look.dropped() {
        if let Reason::Privilege { role, privilege } = dropped.reason
            && look.model.role(role).is_some_and(|role| role.builtin.is_none() && role.privileges.is_empty())
        {
            let lost: &mut Vec<_> = empty.entry(role).or_default();
            if lost.is_empty() {
                order.push(role);
            }
            lost.push((privilege, dropped.span));
        }
    }
    let mut acls: FxHashMap<_, Vec<&AclEntry>> = FxHashMap::default();
    if !order.is_empty() {
        for entry in &look.model.acl {
            acls.entry(look.model.role_name(entry.role)).or_default().push(entry);
        }
    }
    for role in order {
        let lost = empty.get(role).map(Vec::as_slice).unwrap_or_default();
        let entries = acls.get(role).map(Vec::as_slice).unwrap_or_default();
        sink.extend(found(&look, role, lost, entries));
    }
}

fn found(look: &Look<'_>, role: &BStr, lost: &[(&BStr, Span)], acls: &[&AclEntry]) -> Option<Finding> {
    const SHOWN: usize = 4;
    let name = words::name(role);
    let ((_, first), rest) = lost.split_first()?;
    let mut meant = PrivSet::EMPTY;
    let mut successors = PrivSet::EMPTY;
    let labels: Vec<_> = lost
        .iter()
        .map(|(privilege, _)| match fate(privilege, look.model.release) {
            Fate::Later(_, first) => format!("only since {first}"),
            Fate::Removed(privilege, without) => {
                successors |= privilege.successors();
                format!("removed in {without}")
            }
            Fate::Never => match guess(look, privilege) {
                Some(guess) => {
                    meant.insert(guess);
                    format!("did you mean `{guess}`?")
                }
                None => "no such privilege".to_owned(),
            },
        })
        .collect();
    let message = format!("role `{name}` is empty: PVE has none of its privileges");
    let mut finding = Finding::new(subject(role), look.at(*first), message);
    let mut labels = labels.into_iter();
    finding = finding.label(labels.next().unwrap_or_default());
    for ((_, span), label) in rest.iter().zip(labels).take(SHOWN - 1) {
        finding = finding.secondary(look.at(*span), label);
    }
    finding = finding
        .consequence("An empty role is still a role: an ACL with it replaces the permissions from above with nothing.");
    for acl in acls.iter().take(2) {
        finding = finding.secondary(look.at(acl.role_span), "takes permissions away");
    }
    if acls.len() > 2 {
        finding = finding.note(format!("{} ACL entries name the role", acls.len()));
    }
    if let Some(command) = append(role, meant) {
        finding = finding.fix_command(command);
    }
    Some(if successors.is_empty() { finding } else { mend_removed(finding, role, successors) })
}
