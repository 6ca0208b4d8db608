//! A grant on guests or storages that comes to nothing because NoAccess reaches their pool.

use super::change::{alike, and_more, thing};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::model::user::AclTree;
use crate::rules::rights::{Effect, Object};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for alike in alike(rights, Effect::KilledByPool) {
        let change = alike.first;
        let own = rights.entries_of(change.by, change.node);
        let pool = change.pool.and_then(|pool| rights.model.pools.get(pool.index()));
        let (Some(spot), Some(first), Some(pool), Some(&who)) =
            (rights.spot(change.node), own.first(), pool, change.who.first())
        else {
            continue;
        };
        let names = rights.all_named(&change.who, 3);
        let name = words::name(pool.name.value);
        let pool_path = format!("/pool/{name}");
        let stops = access.stops(rights.model.subject_id(who), pool_path.as_bytes());
        let applied = stops.iter().rev().find(|stop| !stop.applied.is_empty());
        let denying = applied.and_then(|stop| {
            stop.applied
                .iter()
                .find(|applied| rights.model.role_at(applied.entry.role).is_some_and(|role| role.is_no_access()))
        });
        let (thing, one) = match spot.object {
            Object::Guest(_) | Object::Storage => (thing(spot), true),
            _ => (format!("{} in pools", words::count(change.guests, "guest")), false),
        };
        let mut finding = Finding::new(
            rights.acl_name(&spot.path, change.by),
            rights.at(first.role_span),
            format!(
                "this role grants {names} nothing on {thing}: NoAccess reaches {}",
                if one { "its pool" } else { "the pools" }
            ),
        )
        .label(if one {
            format!("no effect: {thing} is in pool `{name}`")
        } else {
            "no effect on guests that are in a pool".to_owned()
        });
        if let Some(denying) = denying {
            finding = finding
                .secondary(rights.at(denying.entry.role_span), format!("this propagates to `{pool_path}` as well"));
        }
        finding = and_more(rights, finding, &alike).consequence(
            "NoAccess on a pool leaves nothing on its members, not even what an ACL on the member itself grants.",
        );
        let above = applied.is_some_and(|stop| !stop.last);
        let at_root = applied.is_some_and(|stop| stop.node == AclTree::ROOT);
        let command = || rights.options(Command::new("pveum acl modify").arg(&pool_path), &change.who);
        if above
            && one
            && change.who.len() <= 20
            && let Some(command) = command()
        {
            finding = finding.fix_command_when(
                command.words("--roles PVEPoolUser"),
                "replaces NoAccess on the pool, and shows the pool",
            );
        } else if above {
            finding = finding.edit(format!(
                "grant {names} PVEPoolUser on each pool{}: it replaces NoAccess there",
                if at_root { ", or on /pool" } else { "" }
            ));
        } else {
            finding = finding.edit(format!("remove the ACL with NoAccess on {pool_path}, or the member from the pool"));
        }
        sink.push(finding);
    }
}
