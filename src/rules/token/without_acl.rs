//! A token with privilege separation that no ACL names.

use std::collections::BTreeMap;

use memchr::memmem;

use crate::access::Access;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::tables::access::path_allowed;
use crate::model::user::{AclEntry, NodeIx, ROOT, Reason, Token, UserCfg};
use crate::rules::rights::AclAnalysis;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

/// Bytes of dropped ACL lines that are searched for a token.
const SEARCHED: usize = 64 * 1024;

/// Paths whose roles are proposed for the token.
const PATHS: usize = 3;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    let model = rights.model;
    let lost = lost_acls(model);
    for token in model.tokens.iter().filter(|token| token.privsep.value && !access.is_named(token.subject)) {
        let Some(user) = model.users.get(token.user.index()) else { continue };
        // Where the ACL is there and PVE drops it, that is the finding.
        if !user.enable.value || memmem::find(&lost, token.id.value).is_some() {
            continue;
        }
        let (id, owner) = (words::name(token.id.value), words::name(user.id.value));
        let mut finding = Finding::new(
            format!("user.cfg: token {id}"),
            rights.at(token.id.span),
            format!("token `{id}` can do nothing"),
        )
        .label("no ACL names this token")
        .secondary(rights.at(token.privsep.span), "privilege separation is on: it doesn't get its owner's permissions")
        .consequence("Every call with this token is refused: 403 Permission check failed.");
        let has = owners(rights, access, token);
        if let Some(entry) = has.values().flatten().next() {
            let (role, path) = (words::name(model.role_name(entry.role)), model.tree.path(entry.node));
            finding = finding.related(
                rights.at(entry.role_span),
                format!("`{owner}` itself has `{role}` on {}", words::name(&path)),
            );
        }
        if (1..=PATHS).contains(&has.len()) {
            let commands = has.iter().map(|(node, entries)| {
                let mut roles: Vec<_> = entries.iter().map(|entry| model.role_name(entry.role)).collect();
                roles.sort_unstable();
                roles.dedup();
                let path = model.tree.path(*node);
                let command = Command::new("pveum acl modify").arg(path).words("--tokens").arg(token.id.value);
                let command = command.words("--roles").arg(bstr::join(",", roles));
                if entries.iter().any(|entry| entry.propagate) { command } else { command.words("--propagate 0") }
            });
            finding = finding.fix_commands(commands, "");
        } else {
            finding = finding.edit("grant the token its own roles on the paths that it needs");
        }
        if user.id.value != ROOT && !has.is_empty() {
            let command = Command::new("pveum user token modify").arg(user.id.value).arg(token.name);
            finding = finding.fix_command_when(
                command.words("--privsep 0"),
                &format!("the token then has all permissions of {owner}"),
            );
        }
        sink.push(finding);
    }
}

/// What the token's owner has, by path that a command can give the same on; nothing where it is told to have no access.
fn owners<'a>(
    rights: &AclAnalysis<'a>,
    access: &Access<'a, 'a>,
    token: &Token<'_>,
) -> BTreeMap<NodeIx, Vec<&'a AclEntry>> {
    let Some(user) = rights.model.users.get(token.user.index()) else { return BTreeMap::new() };
    let mut has = BTreeMap::new();
    for landing in access.landings(user.subject) {
        let own = access.entries_on(user.subject, landing.node);
        let mut entries: Vec<&AclEntry> = own.collect();
        if entries.is_empty() {
            let groups = access.groups_of(user.subject);
            entries = groups.iter().flat_map(|group| access.entries_on(*group, landing.node)).collect();
        }
        if !landing.here().no_access && !landing.here().privs.is_empty() && user.id.value != ROOT {
            // The API takes no ACLs on paths that PVE doesn't know.
            if path_allowed(&rights.model.tree.path(landing.node), rights.model.release) {
                has.insert(landing.node, entries);
            }
        }
    }
    has
}

/// The text of ACL lines that PVE drops as a whole or in part.
fn lost_acls(model: &UserCfg<'_>) -> Vec<u8> {
    let mut text = Vec::new();
    let mut last = None;
    for dropped in &model.dropped {
        let acl = matches!(
            dropped.reason,
            Reason::AclPath { .. } | Reason::AclRole { .. } | Reason::AclRoleName { .. } | Reason::AclToken { .. }
        );
        if acl && last != Some(dropped.line) && text.len() < SEARCHED {
            last = Some(dropped.line);
            text.extend_from_slice(dropped.line.bytes(model.text));
            text.push(b'\n');
        }
    }
    text
}
