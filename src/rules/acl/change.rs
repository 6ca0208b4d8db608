//! What the rules about ACLs that take away from, or bring back against, other ACLs share.

use bstr::{BStr, ByteSlice};

use crate::access::Access;
use crate::finding::{Command, Finding};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, NodeIx, SubjectIx};
use crate::rules::rights::{AclAnalysis, Change, Effect, Spot};
use crate::rules::words;

/// Changes that one mistake, or one wish, explains: the same entries of the same subject on several paths.
#[derive(Debug)]
pub(super) struct Alike<'r> {
    pub(super) first: &'r Change,
    /// Further paths.
    pub(super) more: Vec<&'r Change>,
}

/// The changes of this effect, those put together that differ by their path only.
pub(super) fn alike<'r>(rights: &'r AclAnalysis<'_>, effect: Effect) -> Vec<Alike<'r>> {
    let mut all: Vec<Alike<'r>> = Vec::new();
    let mut known = rustc_hash::FxHashMap::default();
    for change in rights.changes.iter().filter(|change| change.effect == effect) {
        let mut roles: Vec<_> =
            rights.entries_of(change.by, change.node).iter().map(|entry| (entry.role, entry.propagate)).collect();
        roles.sort_unstable();
        let key = (change.by, roles, change.privs, change.gains, &change.who);
        let next = all.len();
        let at = *known.entry(key).or_insert(next);
        match all.get_mut(at) {
            Some(alike) => alike.more.push(change),
            None => all.push(Alike { first: change, more: Vec::new() }),
        }
    }
    all
}

/// `... and on 3 more paths`, as a fact.
pub(super) fn and_more(rights: &AclAnalysis<'_>, finding: Finding, alike: &Alike<'_>) -> Finding {
    let paths: Vec<_> = alike.more.iter().take(4).filter_map(|change| rights.spot(change.node)).collect();
    match (paths.as_slice(), alike.more.len()) {
        ([], _) => finding,
        (paths, more) if more <= 3 => {
            let names: Vec<_> = paths.iter().map(|spot| words::name(&spot.path)).collect();
            finding.note(format!("the same on {}", words::list(&names, 3)))
        }
        (_, more) => finding.note(format!("the same on {more} more paths")),
    }
}

/// The entries that `who` would be judged by on the path if nothing on `node` did it: those of its groups on that node if they
/// are `hidden`, else the next ones above. Only those that hold any of `privs`.
pub(super) fn had<'a>(
    rights: &AclAnalysis<'a>,
    access: &Access<'a, 'a>,
    who: SubjectIx,
    spot: &Spot,
    privs: PrivSet,
    hidden: bool,
) -> Vec<&'a AclEntry> {
    let id = rights.model.subject_id(who);
    let stops = access.stops(id, &spot.path);
    let entries: Vec<&AclEntry> = if hidden {
        let here = stops.iter().filter(|stop| stop.node == spot.node);
        here.flat_map(|stop| &stop.unused)
            .map(|unused| unused.entry.entry)
            .filter(|entry| entry.subject != who)
            .collect()
    } else {
        let above = stops.iter().rev().filter(|stop| stop.node != spot.node && !stop.applied.is_empty());
        above.take(1).flat_map(|stop| &stop.applied).map(|applied| applied.entry).collect()
    };
    entries.into_iter().filter(|entry| rights.role(entry).intersects(privs)).collect()
}

/// Where an entry on `node` counts.
pub(super) fn where_from(rights: &AclAnalysis<'_>, node: NodeIx) -> String {
    match rights.spot(node) {
        Some(spot) if spot.path == "/" => "everywhere".to_owned(),
        Some(spot) => format!("on {}", words::name(&spot.path)),
        None => String::new(),
    }
}

/// The finding with a label at the first of the entries that `who` had rights by.
pub(super) fn with_had(
    rights: &AclAnalysis<'_>,
    finding: Finding,
    who: SubjectIx,
    had: &[&AclEntry],
    tail: &str,
) -> Finding {
    let Some(entry) = had.first() else { return finding };
    let (role, at) = (words::name(rights.model.role_name(entry.role)), where_from(rights, entry.node));
    let name = rights.written(who);
    let text = if entry.subject == who {
        format!("`{name}` has `{role}` {at}{tail}")
    } else {
        format!("`{name}` is a member, and so has `{role}` {at}{tail}")
    };
    finding.secondary(rights.at(entry.subject_span), text)
}

/// `pveum acl modify` that gives `who` on the path what they had and what they have, so that nothing is lost.
pub(super) fn keep_both(rights: &AclAnalysis<'_>, spot: &Spot, change: &Change, had: &[&AclEntry]) -> Option<Command> {
    let own = rights.entries_of(change.by, spot.node);
    // What doesn't propagate now would propagate then.
    if own.iter().chain(had).any(|entry| !entry.propagate) || had.is_empty() || change.who.len() > 20 {
        return None;
    }
    let mut roles: Vec<&BStr> = had.iter().map(|entry| rights.model.role_name(entry.role)).collect();
    let alone = change.who.as_slice() == [change.by];
    if !alone {
        roles.extend(own.iter().map(|entry| rights.model.role_name(entry.role)));
    }
    roles.sort_unstable();
    roles.dedup();
    let command = rights.options(Command::new("pveum acl modify").arg(&spot.path), &change.who)?;
    Some(command.words("--roles").arg(bstr::join(",", roles)))
}

/// Whether the entries are for nobody but those whom the change affects.
pub(super) fn concerns_all(rights: &AclAnalysis<'_>, change: &Change) -> bool {
    let id = rights.model.subject_id(change.by);
    change.who.as_slice() == [change.by]
        || rights.model.group(id).is_some_and(|group| group.members.len() == change.who.len())
}

/// The subject of the ACL that does it, with `@` for a group.
pub(super) fn by(rights: &AclAnalysis<'_>, change: &Change) -> String {
    rights.written(change.by)
}

/// The storage or guest at the end of a path, for a message.
pub(super) fn thing(spot: &Spot) -> String {
    let name = words::name(crate::rules::rights::last(spot.path.as_bytes()));
    if spot.path.starts_with(b"/vms/") { format!("guest {name}") } else { format!("storage {name}") }
}
