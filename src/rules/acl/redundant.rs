//! An ACL that gives exactly what is there without it.

use rustc_hash::FxHashSet;

use super::change::had;
use crate::access::Access;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::access::PrivSet;
use crate::model::user::{NodeIx, SubjectIx};
use crate::rules::rights::{AclAnalysis, Spot, Standing};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

/// Members of a group that are looked at one by one.
const MEMBERS: usize = 50;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, access)) = context.rights() else { return };
    let mut all = rights.redundant.clone();
    for group in &rights.model.groups {
        all.extend(of_group(rights, access, group.subject).map(|node| (group.subject, node)));
    }
    let mut seen = FxHashSet::default();
    for (subject, node) in all {
        let own = rights.entries_of(subject, node);
        let (Some(spot), Some(first)) = (rights.spot(node), own.first()) else { continue };
        if !seen.insert((subject, node)) {
            continue;
        }
        let (path, name) = (words::name(&spot.path), rights.written(subject));
        let everything = PrivSet::all(rights.model.release);
        let hidden = had(rights, access, subject, spot, everything, true);
        let had = if hidden.is_empty() { had(rights, access, subject, spot, everything, false) } else { hidden };
        let mut finding = Finding::new(
            rights.acl_name(&spot.path, subject),
            rights.at(first.path_span),
            format!("this ACL changes nothing: `{name}` has the same on `{path}` without it"),
        );
        if let Some(had) = had.first() {
            finding = finding.secondary(rights.at(had.path_span), "the same permissions come from here");
        }
        sink.push(
            finding
                .consequence("It also keeps later changes of the other ACL from this path.")
                .fix_commands(rights.delete(&spot.path, &own), ""),
        );
    }
}

/// The nodes on which the group's entries change nothing for any of its members.
fn of_group<'r>(
    rights: &'r AclAnalysis<'_>,
    access: &'r Access<'_, '_>,
    group: SubjectIx,
) -> impl Iterator<Item = NodeIx> {
    let members =
        rights.model.group(rights.model.subject_id(group)).map(|group| group.members.as_slice()).unwrap_or_default();
    let landings = if (1..=MEMBERS).contains(&members.len()) { access.landings(group) } else { Vec::new() };
    let same = |spot: &Spot, before: crate::access::RoleSet, now: crate::access::RoleSet| {
        let reach = spot.on | spot.below | spot.pooled;
        before.any && before.no_access == now.no_access && before.privs & reach == now.privs & reach
    };
    let candidates: Vec<_> = landings
        .into_iter()
        .filter(|landing| {
            rights.spot(landing.node).is_some_and(|spot| {
                spot.standing == Standing::Checked
                    && spot.exists != Some(false)
                    && same(spot, landing.above, landing.own_here)
                    && (!landing.own_below.any || same(spot, landing.above, landing.own_below))
            })
        })
        .collect();
    let theirs: Vec<_> = if candidates.is_empty() {
        Vec::new()
    } else {
        members.iter().map(|member| access.landings(member.value)).collect()
    };
    candidates
        .into_iter()
        .filter(move |candidate| {
            theirs.iter().all(|landings| {
                landings.iter().any(|landing| {
                    landing.node == candidate.node
                        && !landing.own_here.any
                        && landing.groups_here == candidate.own_here
                        && landing.above == candidate.above
                })
            })
        })
        .map(|landing| landing.node)
}
