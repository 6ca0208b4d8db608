//! An ACL on a path that only another release looks at.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::{checked_below, checked_on, path_allowed};
use crate::model::user::Reason;
use crate::release::Release;
use crate::rules::rights::Standing;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let model = rights.model;
    let release = model.release;
    for spot in rights.spots.iter().filter(|spot| spot.standing == Standing::Other) {
        // A nested pool whose own line is dropped is said there.
        let nested = |name: &[u8]| {
            let is = |reason: &Reason<'_>| matches!(reason, Reason::PoolName { name: dropped, valid_later: true } if *dropped == name);
            model.dropped.iter().any(|dropped| is(&dropped.reason))
        };
        if spot.path.strip_prefix(b"/pool/").is_some_and(nested) {
            continue;
        }
        let entries = rights.entries(spot);
        let Some(first) = entries.first() else { continue };
        let path = words::name(&spot.path);
        let knows = |release| {
            path_allowed(&spot.path, release)
                || !(checked_on(&spot.path, release) | checked_below(&spot.path, release)).is_empty()
        };
        let known: Vec<Release> = Release::ALL.into_iter().filter(|&other| knows(other)).collect();
        let names: Vec<String> = known.iter().map(|release| release.major().to_string()).collect();
        let finding = Finding::new(
            format!("user.cfg: acl {path}"),
            rights.at(first.path_span),
            format!("PVE {} never checks `{path}`", release.major()),
        )
        .label(format!("only PVE {} does", words::list(&names, 3)));
        let finding = if known.iter().all(|other| *other < release) {
            finding.consequence(format!(
                "PVE {} keeps the line but never checks the path: the permissions that it granted before the upgrade are gone.",
                release.major()
            ))
        } else {
            finding.consequence("PVE keeps the line but doesn't check the path before the upgrade.")
        };
        let finding = match spot.path.strip_prefix(b"/sdn/vnets/") {
            Some(vnet) if release > Release::Pve7 && !vnet.contains(&b'/') => finding.edit(format!(
                "grant the role on /sdn/zones/, the vnet's zone, and /{} after it: permissions on vnets are there now",
                words::name(vnet)
            )),
            _ => finding,
        };
        sink.push(finding.fix_commands(rights.delete(&spot.path, entries), "removes the line"));
    }
}
