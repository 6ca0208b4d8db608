//! One answer: has somebody a privilege on a path, through what, or why not, and what would change that. Worked out once,
//! printed by `can`, `why`, `why-not` and `why-403`.

use std::io::Write;

use serde_json::{Value, json};

use super::Ask;
use crate::access::{Access, Change, Proposal, Step, Teller, Told, Way, apply};
use crate::finding::{Command, Remedy};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::{ROOT, SubjectKind, UserCfg};
use crate::text::{printable, printable_str};

/// Entries that are taken away one after the other, until the privilege is gone, before it is given up.
const MAX_REVOKES: usize = 16;
/// Proposals that are shown.
const MAX_PROPOSALS: usize = 4;
/// Names of privileges that are listed before they are counted.
const MAX_NAMES: usize = 3;

/// The answer for one privilege on one path.
#[derive(Debug)]
pub(super) struct Answer<'s> {
    pub(super) subject: &'s str,
    pub(super) privilege: Priv,
    pub(super) path: String,
    pub(super) yes: bool,
    /// The chain, or what is missing.
    pub(super) told: Vec<Told>,
}

impl<'s> Answer<'s> {
    pub(super) fn new(ask: &Ask<'_, '_>, subject: &'s str, privilege: Priv, path: &str) -> Self {
        let (who, on) = (subject.as_bytes(), path.as_bytes());
        let at = |span| ask.at(span);
        let teller = Teller::new(&ask.access, &at);
        let chain = ask.access.derive(who, privilege, on);
        let told = match &chain {
            Some(chain) => teller.derivation(who, privilege, on, chain),
            None => ask
                .access
                .why_not(who, privilege, on)
                .map(|refusal| teller.refusal(who, privilege, on, &refusal))
                .unwrap_or_default(),
        };
        Self { subject, privilege, path: path.to_owned(), yes: chain.is_some(), told }
    }

    /// `no: ci@pve!deploy lacks VM.PowerMgmt on /vms/100`.
    pub(super) fn headline(&self) -> String {
        let (word, verb) = if self.yes { ("yes", "has") } else { ("no", "lacks") };
        format!("{word}: {} {verb} {} on {}", printable_str(self.subject), self.privilege, self.path)
    }

    /// Headline and chain.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        write_told(&self.told, out)
    }

    pub(super) fn json(&self, ask: &Ask<'_, '_>) -> Value {
        json!({
            "privilege": self.privilege.name(),
            "path": self.path,
            "answer": self.yes,
            "chain": ask.told_json(&self.told),
        })
    }
}

/// Sentences, one a line.
pub(super) fn write_told(told: &[Told], out: &mut dyn Write) -> std::io::Result<()> {
    for told in told {
        writeln!(out, "  {}", told.text)?;
    }
    Ok(())
}

/// Remarks about somebody, one a line.
pub(super) fn write_remarks(told: &[Told], out: &mut dyn Write) -> std::io::Result<()> {
    for told in told {
        writeln!(out, "note: {}", told.text)?;
    }
    Ok(())
}

/// The ways to give `wanted`, as commands.
pub(super) fn proposals(ask: &Ask<'_, '_>, subject: &str, wanted: PrivSet, path: &str) -> Vec<Remedy> {
    let proposals = ask.access.propose(subject.as_bytes(), wanted, path.as_bytes());
    proposals.iter().filter_map(|proposal| remedy(ask, proposal)).take(MAX_PROPOSALS).collect()
}

fn remedy(ask: &Ask<'_, '_>, proposal: &Proposal) -> Option<Remedy> {
    let commands: Option<Vec<String>> = proposal.changes.iter().map(Change::command).map(Command::line).collect();
    let mut remark = match &proposal.way {
        Way::Path => String::new(),
        Way::PathAndPool => "on the pool too, where NoAccess would win".to_owned(),
        Way::Pool(pool) => {
            let name = pool.strip_prefix(b"/pool/").unwrap_or(pool);
            let count = ask.cfg.pool(name).map_or(0, |pool| pool.vms.len() + pool.storage.len());
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
        Way::Revoke => revoke_remark(ask, &proposal.changes),
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
    commands.map(|commands| Remedy::Run { commands, remark })
}

/// The roles that a grant names only to keep them.
fn kept_roles(change: &Change) -> Vec<String> {
    match change {
        Change::Grant { roles, .. } => roles.iter().skip(1).map(|role| printable(role)).collect(),
        _ => Vec::new(),
    }
}

/// What taking entries away means for others.
fn revoke_remark(ask: &Ask<'_, '_>, changes: &[Change]) -> String {
    let group = changes.iter().find_map(|change| match change {
        Change::Revoke { kind: SubjectKind::Group, id, .. } => Some(id),
        _ => None,
    });
    match group {
        Some(group) => {
            let count = ask.cfg.group(group).map_or(0, |group| group.members.len());
            format!("if the restriction isn't wanted; changes all {count} members of @{}", printable(group))
        }
        None => "if the restriction isn't wanted".to_owned(),
    }
}

/// The first few names of `set`, and how many there are more.
pub(super) fn some_names(set: PrivSet) -> String {
    let count = usize::try_from(set.len()).unwrap_or_default();
    let names: Vec<_> = set.iter().map(Priv::name).collect();
    match names.get(..MAX_NAMES) {
        Some(first) if count > MAX_NAMES + 1 => format!("{} and {} more", first.join(", "), count - MAX_NAMES),
        _ => names.join(", "),
    }
}

/// What takes the privilege away: entry after entry, until it is gone.
pub(super) fn taking_away(ask: &Ask<'_, '_>, subject: &str, privilege: Priv, path: &str) -> Option<Remedy> {
    revoking(&revokes(ask.cfg, subject.as_bytes(), privilege, path.as_bytes())?)
}

/// Taking all these entries away, as commands.
pub(super) fn revoking(changes: &[Change]) -> Option<Remedy> {
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
    commands.map(|commands| Remedy::Run { commands, remark })
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

/// `what`, then one way a paragraph.
pub(super) fn write_remedies(what: &str, remedies: &[Remedy], out: &mut dyn Write) -> std::io::Result<()> {
    for (nth, remedy) in remedies.iter().enumerate() {
        writeln!(out, "{}", if nth == 0 { what } else { "or:" })?;
        if let Remedy::Run { commands, remark } = remedy {
            for (nth, command) in commands.iter().enumerate() {
                if nth == 0 && !remark.is_empty() {
                    writeln!(out, "  {command}     # {remark}")?;
                } else {
                    writeln!(out, "  {command}")?;
                }
            }
        }
    }
    Ok(())
}

/// Ways as JSON: `[{"commands": [...], "remark": "..."}]`.
pub(super) fn remedies_json(remedies: &[Remedy]) -> Value {
    let one = |remedy: &Remedy| match remedy {
        Remedy::Run { commands, remark } => Some(json!({ "commands": commands, "remark": remark })),
        Remedy::Edit(_) => None,
    };
    remedies.iter().filter_map(one).collect()
}
