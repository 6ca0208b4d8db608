//! A role that holds nothing PVE checks on the path.

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::{PrivSet, checked_below, checked_on};
use crate::model::user::{AclEntry, RoleIx};
use crate::release::Release;
use crate::rules::rights::{Effect, Object, Spot, Standing, named};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

/// Where the objects are that privileges are looked up on.
const PLACES: [(&str, &str); 7] = [
    ("/vms", "guests"),
    ("/storage", "storages"),
    ("/nodes", "nodes"),
    ("/pool", "pools"),
    ("/sdn", "the network"),
    ("/mapping", "resource mappings"),
    ("/access", "users and realms"),
];

/// What a role on the path can be of use for, depending on whether it propagates.
pub(in crate::rules) fn role_reach(spot: &Spot, propagate: bool) -> PrivSet {
    if propagate {
        spot.on | spot.below | spot.pooled
    } else if spot.object == Object::Pool {
        spot.on | spot.pooled
    } else {
        spot.on
    }
}

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    // Where the role takes other rights away, that is the finding.
    let narrowing: FxHashSet<_> = rights
        .changes
        .iter()
        .filter(|change| matches!(change.effect, Effect::Narrows | Effect::HidesGroup))
        .map(|change| (change.node, change.by))
        .collect();
    for spot in &rights.spots {
        if spot.standing != Standing::Checked || spot.exists == Some(false) {
            continue;
        }
        let reach = role_reach(spot, true);
        let mut idle: Vec<(RoleIx, Vec<&AclEntry>)> = Vec::new();
        for entry in rights.entries(spot) {
            let Some(role) = rights.model.role_at(entry.role) else { continue };
            if role.privileges.is_empty()
                || role.is_no_access()
                || role.privileges.intersects(reach)
                || narrowing.contains(&(spot.node, entry.subject))
            {
                continue;
            }
            match idle.iter_mut().find(|(role, _)| *role == entry.role) {
                Some((_, entries)) => entries.push(entry),
                None => idle.push((entry.role, vec![entry])),
            }
        }
        for (role, entries) in idle {
            let (Some(role), Some(first)) = (rights.model.role_at(role), entries.first()) else { continue };
            let (path, name) = (words::name(&spot.path), words::name(role.name));
            let places: Vec<_> = PLACES
                .iter()
                .filter(|(top, _)| role.privileges.intersects(looked_up(top, rights.model.release)))
                .collect();
            let mut finding = Finding::new(
                format!("user.cfg: acl {path}"),
                rights.at(first.role_span),
                format!("`{name}` has no effect on `{path}`"),
            )
            .label(format!("PVE never checks {} there", named(role.privileges, 2)))
            .discriminator(&*name);
            if places.is_empty() {
                finding = finding.consequence("PVE checks none of its privileges on any path that could be intended.");
            } else {
                let nouns: Vec<_> = places.iter().map(|(_, noun)| noun).collect();
                finding = finding.consequence(format!(
                    "PVE checks its privileges on {}. On `{path}` it has no effect.",
                    words::list(&nouns, 7)
                ));
                let tops: Vec<_> = places.iter().map(|(top, _)| top).collect();
                finding = finding.edit(format!(
                    "grant {name} on {} or below {}, if that is intended",
                    words::list(&tops, 7).replace(" and ", " or "),
                    if tops.len() == 1 { "it" } else { "these" }
                ));
            }
            sink.push(finding.fix_commands(rights.delete(&spot.path, &entries), "removes what has no effect"));
        }
    }
}

fn looked_up(top: &str, release: Release) -> PrivSet {
    let path = top.as_bytes().as_bstr();
    checked_on(path, release) | checked_below(path, release)
}
