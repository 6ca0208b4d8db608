//! The same rights given to several users one by one.

use std::collections::BTreeMap;

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::user::{AclEntry, RoleIx, SubjectIx, SubjectKind};
use crate::rules::rights::Spot;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::User], check);

/// From how many users on a group would be less work ...
const USERS: usize = 3;
/// ... if they have the same rights on this many paths.
const PATHS: usize = 2;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some((rights, _)) = context.rights() else { return };
    let is_user = |subject: SubjectIx| {
        rights.model.subject(subject).is_some_and(|subject| subject.kind == SubjectKind::User && subject.defined())
    };
    let mut found: BTreeMap<Vec<SubjectIx>, Vec<(&Spot, &AclEntry)>> = BTreeMap::new();
    let mut given: Vec<(RoleIx, bool, SubjectIx)> = Vec::new();
    for spot in rights.spots.iter().filter(|spot| rights.entries(spot).len() >= USERS) {
        let entries = rights.entries(spot).iter().filter(|entry| is_user(entry.subject));
        given.clear();
        given.extend(entries.map(|entry| (entry.role, entry.propagate, entry.subject)));
        given.sort_unstable();
        let mut first = None;
        for alike in given.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|alike| alike.len() >= USERS) {
            let users: Vec<_> = alike.iter().map(|(_, _, user)| *user).collect();
            if first.as_ref() == Some(&users) {
                continue;
            }
            let entry = rights.entries(spot).iter().find(|entry| users.first() == Some(&entry.subject));
            first = Some(users.clone());
            found.entry(users).or_default().extend(entry.map(|entry| (spot, *entry)));
        }
    }
    for (users, places) in found.into_iter().filter(|(_, places)| places.len() >= PATHS) {
        let Some((spot, entry)) = places.first() else { continue };
        let names = rights.all_named(&users, 3);
        let paths: Vec<_> = places.iter().map(|(spot, _)| words::code(&spot.path)).collect();
        sink.push(
            Finding::new(
                rights.acl_name(&spot.path, entry.subject),
                rights.at(entry.subject_span),
                format!("{names} have the same roles on {}, one by one", words::list(&paths, 3)),
            )
            .discriminator(&*names)
            .consequence("When a user joins or leaves, each of these paths has to be changed; with a group, only one place.")
            .edit("create a group for them (pveum group add, pveum user modify --append 1 --groups), and grant it the roles"),
        );
    }
}
