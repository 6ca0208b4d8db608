//! A token's ACL that its owner's rights leave nothing of.

use bstr::ByteSlice;

use crate::access::{Access, LookedUp, NodeGrants};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, ROOT, SubjectIx};
use crate::rules::acl::role_reach;
use crate::rules::rights::{AclAnalysis, NEW_GUEST, Spot, Standing, named, pool_guests};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

/// Pools that are looked at one by one.
const POOLS: usize = 200;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for token in rights.model.tokens.iter().filter(|token| token.privsep.value) {
        let Some(user) = rights.model.users.get(token.user.index()) else { continue };
        if user.id.value == ROOT || !user.enable.value {
            continue;
        }
        let mut beyond: Vec<(&AclEntry, &Spot, PrivSet)> = Vec::new();
        let mut partly: Vec<(&AclEntry, &Spot, PrivSet)> = Vec::new();
        let mut owner = Owner { rights, access, subject: user.subject, landings: None };
        for landing in access.landings(token.subject) {
            let Some(spot) = rights.spot(landing.node) else { continue };
            if spot.standing != Standing::Checked || spot.exists == Some(false) || landing.own_here.no_access {
                continue;
            }
            let given =
                (landing.own_here.privs & role_reach(spot, false)) | (landing.own_below.privs & role_reach(spot, true));
            let missing = given - owner.has(spot, given);
            if missing.is_empty() {
                continue;
            }
            let entries = rights.entries_of(token.subject, spot.node);
            let Some(first) = entries.iter().find(|entry| rights.role(entry).intersects(missing)) else { continue };
            if missing == given { &mut beyond } else { &mut partly }.push((first, spot, missing));
        }
        let (id, owner) = (words::name(token.id.value), words::name(user.id.value));
        let finding = |(entry, spot, missing): &(&AclEntry, &Spot, PrivSet), message: String| {
            Finding::new(rights.acl_name(&spot.path, token.subject), rights.at(entry.role_span), message)
                .label(format!("`{owner}` lacks {} there", named(*missing, 3)))
                .consequence("A token with privilege separation can only do what both it and its owner can do.")
        };
        if let [first, more @ ..] = beyond.as_slice() {
            let path = words::name(&first.1.path);
            let mut finding = finding(
                first,
                format!("this ACL grants token `{id}` nothing: `{owner}` has no such permission on `{path}`"),
            );
            for (entry, ..) in more.iter().take(3) {
                finding = finding.secondary(rights.at(entry.role_span), "nor does this one");
            }
            let mut commands = Vec::new();
            for (_, spot, _) in beyond.iter().take(4) {
                let entries = rights.entries_of(token.subject, spot.node);
                let theirs: Vec<_> =
                    entries.iter().map(|entry| AclEntry { subject: user.subject, ..**entry }).collect();
                // An ACL of its own would stand in place of what the user has there now.
                let spotless = access.effective_on(user.subject, &access.look_up_node(spot.node)).privs.is_empty();
                if spotless {
                    commands.extend(rights.modify(&spot.path, &theirs.iter().collect::<Vec<_>>()));
                }
            }
            sink.push(if commands.len() == beyond.len() {
                finding.fix_commands(commands, &format!("grants {owner} the same, if it should have that"))
            } else {
                finding.edit(format!("grant {owner} the same permissions, if it should have them"))
            });
        }
        for one in &partly {
            let path = words::name(&one.1.path);
            let message =
                format!("token `{id}` can't use everything that this ACL grants: `{owner}` has less on `{path}`");
            sink.push(finding(one, message).at_level(Level::Note).edit("grant a role with fewer privileges"));
        }
    }
}

/// Who a token is limited by.
struct Owner<'r, 'a> {
    rights: &'r AclAnalysis<'a>,
    access: &'r Access<'a, 'a>,
    subject: SubjectIx,
    /// Made when first needed.
    landings: Option<Vec<NodeGrants>>,
}

impl Owner<'_, '_> {
    /// Every privilege that the owner has on the path, or anywhere below it; no more once these are all of `wanted`.
    fn has(&mut self, spot: &Spot, wanted: PrivSet) -> PrivSet {
        let (rights, access, subject) = (self.rights, self.access, self.subject);
        let on = |path: &LookedUp| access.effective_on(subject, path).privs;
        let mut has = on(&access.look_up_node(spot.node));
        if has.contains_all(wanted) {
            return has;
        }
        let inside = |path: &[u8]| {
            spot.path == "/" || path.strip_prefix(spot.path.as_slice()).is_some_and(|rest| rest.starts_with(b"/"))
        };
        // What it has on a pool it has on members, wherever they are.
        let above_members = inside(b"/vms/1") || inside(b"/storage/x");
        for landing in self.landings.get_or_insert_with(|| access.landings(subject)) {
            let Some(at) = rights.spot(landing.node) else { continue };
            if inside(&at.path) || (above_members && at.path.starts_with(b"/pool")) {
                has |= landing.here().privs | landing.below().privs;
            }
        }
        if let Some(pool) = spot.path.strip_prefix(b"/pool").filter(|_| !spot.pooled.is_empty()) {
            // The token's rights on the pool meet the owner's on its members.
            let pool = pool.strip_prefix(b"/").unwrap_or_default();
            let pools = rights.model.pools.iter().filter(|one| one.name.value.starts_with(pool));
            for pool in pools.take(POOLS) {
                if has.contains_all(wanted) {
                    return has;
                }
                for guest in pool_guests(access, pool, POOLS) {
                    has |= on(&guest);
                }
                for storage in &pool.storage {
                    has |= on(&access.look_up(&[b"/storage/", storage.value.as_bytes()].concat()));
                }
            }
            has |= on(&access.look_up(NEW_GUEST));
        }
        has
    }
}
