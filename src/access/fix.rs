//! What to do about a right, as commands for a root shell with a few words beside them: the ways to give it
//! ([`Access::propose`]) and what takes it away.

use super::{Access, Change, Proposal, Step, Way, apply};
use crate::finding::{Command, Fix};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectKind, UserCfg};
use crate::text::printable;

/// Entries that are taken away one after the other, until the privilege is gone, before it is given up.
const MAX_REVOKES: usize = 16;
/// Proposals that are shown.
const MAX_PROPOSALS: usize = 4;
/// Names of privileges that are listed before they are counted.
const MAX_NAMES: usize = 3;

impl Access<'_, '_> {
    /// The ways to give `subject` all of `wanted` on `path`, best first.
    #[must_use]
    pub fn to_give(&self, subject: &[u8], wanted: PrivSet, path: &[u8]) -> Vec<Fix> {
        let proposals = self.propose(subject, wanted, path);
        proposals.iter().filter_map(|proposal| fix(self.cfg, proposal)).take(MAX_PROPOSALS).collect()
    }

    /// The way to give every member of `group` all of `wanted` on `path`, if one grant does and takes nothing from anybody.
    #[must_use]
    pub fn to_give_group(&self, group: &[u8], wanted: PrivSet, path: &[u8]) -> Option<Fix> {
        self.propose_to_group(group, wanted, path).and_then(|proposal| fix(self.cfg, &proposal))
    }

    /// What takes the privilege away: entry after entry, until it is gone.
    #[must_use]
    pub fn to_take(&self, subject: &[u8], privilege: Priv, path: &[u8]) -> Option<Fix> {
        revoking(&revokes(self.cfg, subject, privilege, path)?)
    }
}

/// Taking all these entries away, as commands.
pub(crate) fn revoking(changes: &[Change]) -> Option<Fix> {
    let groups: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Revoke { kind: SubjectKind::Group, id, .. } => Some(format!("@{}", printable(id))),
            _ => None,
        })
        .collect();
    let several = if changes.len() > 1 { "all of them: each gives it" } else { "" };
    let remark = match groups.first() {
        Some(group) if several.is_empty() => format!("for everybody in {group}"),
        Some(group) => format!("{several}; for everybody in {group}"),
        None => several.to_owned(),
    };
    let commands: Option<Vec<String>> = changes.iter().map(Change::command).map(Command::line).collect();
    commands.map(|commands| Fix::Run { commands, remark })
}

fn fix(cfg: &UserCfg<'_>, proposal: &Proposal) -> Option<Fix> {
    let commands: Option<Vec<String>> = proposal.changes.iter().map(Change::command).map(Command::line).collect();
    let mut remark = match &proposal.way {
        Way::Path => String::new(),
        Way::PathAndPool => "on the pool too, where NoAccess would win".to_owned(),
        Way::Pool(pool) => {
            let name = pool.strip_prefix(b"/pool/").unwrap_or(pool);
            let count = cfg.pool(name).map_or(0, |pool| pool.vms.len() + pool.storage.len());
            match count {
                0 | 1 => format!("for whatever comes into pool {}", printable(name)),
                count => format!("for all {count} members of pool {}", printable(name)),
            }
        }
        Way::Above(above) => {
            format!("PVE takes no ACL on the path itself; this reaches all below {}", printable(above))
        }
        Way::Join(pool) => format!("whoever has rights on pool {} has them there too", printable(pool)),
        Way::Role(role) => format!("wherever {} is given", printable(role)),
        Way::FullToken => "the token then has all rights of its owner, everywhere".to_owned(),
        Way::Revoke => revoke_remark(cfg, &proposal.changes),
    };
    let again: Vec<_> = proposal.changes.iter().flat_map(kept_roles).collect();
    if let Some(role) = again.first() {
        remark = [remark, format!("{role} again, or the new ACL would replace it here")].join("; ");
        remark = remark.trim_start_matches("; ").to_owned();
    }
    let more = proposal.surplus.len();
    if more > 0 && !matches!(proposal.way, Way::FullToken) {
        let names = some_names(proposal.surplus);
        if !remark.is_empty() {
            remark.push_str("; ");
        }
        remark.push_str(&format!("gives {names} too"));
    }
    if !proposal.lost.is_empty() {
        remark.push_str(&format!("; takes {} away", some_names(proposal.lost)));
    }
    commands.map(|commands| Fix::Run { commands, remark })
}

/// The roles that a grant names only to keep them.
fn kept_roles(change: &Change) -> Vec<String> {
    match change {
        Change::Grant { roles, .. } => roles.iter().skip(1).map(|role| printable(role)).collect(),
        _ => Vec::new(),
    }
}

/// What taking entries away means for others.
pub(crate) fn revoke_remark(cfg: &UserCfg<'_>, changes: &[Change]) -> String {
    let group = changes.iter().find_map(|change| match change {
        Change::Revoke { kind: SubjectKind::Group, id, .. } => Some(id),
        _ => None,
    });
    match group {
        Some(group) => {
            let count = cfg.group(group).map_or(0, |group| group.members.len());
            format!("if the restriction isn't wanted; changes all {count} members of @{}", printable(group))
        }
        None => "if the restriction isn't wanted".to_owned(),
    }
}

/// The first few names of `set`, and how many there are more.
pub(crate) fn some_names(set: PrivSet) -> String {
    let count = usize::try_from(set.len()).unwrap_or_default();
    let names: Vec<_> = set.iter().map(Priv::name).collect();
    match names.get(..MAX_NAMES) {
        Some(first) if count > MAX_NAMES + 1 => format!("{} and {} more", first.join(", "), count - MAX_NAMES),
        _ => names.join(", "),
    }
}

/// The entries that have to go, so that `subject` has the privilege no more; for a token its own come first.
fn revokes(cfg: &UserCfg<'_>, subject: &[u8], privilege: Priv, path: &[u8]) -> Option<Vec<Change>> {
    if subject == ROOT {
        return None;
    }
    let mut changes = Vec::new();
    for _ in 0..MAX_REVOKES {
        let text = apply(cfg, &changes);
        let after = UserCfg::parse(&text, cfg.release);
        let access = Access::new(&after);
        let Some(chain) = access.derive(subject, privilege, path) else { return Some(changes) };
        let change = chain.steps.iter().find_map(|step| match step {
            Step::Acl { entry, .. } => Some(Change::revoke(&after, entry)),
            _ => None,
        })?;
        changes.push(change);
    }
    None
}
