//! A restriction on a guest or storage that its pool undoes.

use bstr::ByteSlice;

use super::change::{alike, and_more, thing};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::rights::{Effect, Object, last, named};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    for alike in alike(rights, Effect::UndoneByPool) {
        let change = alike.first;
        let own = rights.entries_of(change.by, change.node);
        let pool = change.pool.and_then(|pool| rights.model.pools.get(pool.index()));
        let (Some(spot), Some(first), Some(pool), Some(&who)) =
            (rights.spot(change.node), own.first(), pool, change.who.first())
        else {
            continue;
        };
        let names = rights.all_named(&change.who, 3);
        let (thing, name) = (thing(spot), words::name(pool.name.value));
        let pool_path = [b"/pool/", pool.name.value.as_bytes()].concat();
        let stops = access.stops(rights.model.subject_id(who), &pool_path);
        let applied = stops.iter().rev().find(|stop| !stop.applied.is_empty()).map(|stop| stop.applied.as_slice());
        let giving =
            applied.unwrap_or_default().iter().find(|applied| rights.role(applied.entry).intersects(change.privs));
        let mut finding = Finding::new(
            rights.acl_name(&spot.path, change.by),
            rights.at(first.path_span),
            format!("pool `{name}` undoes this restriction of {names} on {thing}"),
        )
        .label("less than elsewhere, but not for members of a pool");
        let vmid = last(&spot.path);
        let member = match spot.object {
            Object::Guest(_) => pool.vms.iter().find(|vm| vm.name.as_bytes() == vmid).map(|vm| vm.span),
            _ => pool.storage.iter().find(|storage| storage.value == vmid).map(|storage| storage.span),
        };
        if let Some(member) = member {
            finding = finding.secondary(rights.at(member), format!("{thing} is in the pool"));
        }
        if let Some(giving) = giving {
            let role = words::name(rights.model.role_name(giving.entry.role));
            finding = finding
                .secondary(rights.at(giving.entry.path_span), format!("`{role}` propagates to /pool/{name} as well"));
        }
        finding = and_more(rights, finding, &alike).consequence(format!(
            "PVE adds what {names} can do on the pool to each of its members: {} on {thing} after all.",
            named(change.privs, 3)
        ));
        let option = if matches!(spot.object, Object::Guest(_)) { "--vms" } else { "--storage" };
        finding = finding
            .fix_command_when(
                Command::new("pveum pool modify").arg(pool.name.value).words(option).arg(vmid).words("--delete 1"),
                &format!("if {thing} needn't be in the pool"),
            )
            .edit("NoAccess instead of the role takes away everything, and no pool gives anything back");
        sink.push(finding);
    }
}
