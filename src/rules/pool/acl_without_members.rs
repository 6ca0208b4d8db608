//! An ACL on a pool without members.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::model::user::{Pool, Reason, UserCfg};
use crate::rules::rights::{Object, Standing, privs};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let model = rights.model;
    // Who may put guests into a pool has rights on it before there are any.
    let fills = privs(&["VM.Allocate", "Pool.Allocate"]);
    let lists_dropped = |name: &[u8]| {
        model.dropped.iter().any(|dropped| match dropped.reason {
            Reason::PoolVmid { pool, .. } | Reason::PoolVmidTaken { pool, .. } | Reason::PoolStorage { pool, .. } => {
                pool == name
            }
            _ => false,
        })
    };
    for spot in &rights.spots {
        if spot.object != Object::Pool || spot.standing != Standing::Checked {
            continue;
        }
        let Some(pool) = model.pool(spot.path.strip_prefix(b"/pool/").unwrap_or_default()) else { continue };
        let entries = rights.entries(spot);
        let given = entries.iter().fold(PrivSet::EMPTY, |all, entry| all | rights.role(entry));
        if given.intersects(fills) || !given.intersects(spot.pooled) || has_members(model, pool, 0) {
            continue;
        }
        let Some(first) = entries.first().filter(|_| !lists_dropped(pool.name.value)) else { continue };
        let name = words::name(pool.name.value);
        let mut who: Vec<_> = entries.iter().map(|entry| entry.subject).collect();
        who.sort_unstable();
        who.dedup();
        let who = rights.all_named(&who, 3);
        let mut finding = Finding::new(
            format!("user.cfg: pool {name}"),
            rights.at(first.path_span),
            format!("this ACL has no effect: pool `{name}` has no members"),
        )
        .secondary(rights.at(pool.name.span), "no guests and no storages");
        finding = finding.consequence(format!(
            "Permissions on a pool apply to its guests and storages. {who} sees an empty pool and gets {} on nothing.",
            rights.roles_named(entries)
        ));
        sink.push(
            finding
                .edit(format!("put guests into the pool: pveum pool modify {name} --vms, and their numbers"))
                .fix_commands(rights.delete(&spot.path, entries), "if the pool is no longer needed"),
        );
    }
}

fn has_members(model: &UserCfg<'_>, pool: &Pool<'_>, depth: u32) -> bool {
    !pool.vms.is_empty()
        || !pool.storage.is_empty()
        || (depth < 3
            && pool
                .children
                .iter()
                .filter_map(|child| model.pools.get(child.index()))
                .any(|child| has_members(model, child, depth + 1)))
}
