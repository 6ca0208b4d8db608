//! Snapshots with volumes on a storage that doesn't exist.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{AnyGuest, all};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::guest::SnapshotStorage;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Guests, Input::Storage], check);

/// How many guests a finding names.
const NAMED: usize = 4;

/// Whose snapshot uses it, and where.
type Used<'c, 'a> = (AnyGuest<'c, 'a>, &'c SnapshotStorage<'a>);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(storage) = &context.cluster.storage else { return };
    let lost: FxHashSet<&[u8]> = storage.model.lost_ids().map(|id| &**id).collect();
    let mut unknown: Vec<(&[u8], Vec<Used<'_, '_>>)> = Vec::new();
    // By id: where its uses are in `unknown`, nowhere if it is fine or found elsewhere.
    let mut places: FxHashMap<&[u8], Option<usize>> = FxHashMap::default();
    for guest in all(context.cluster) {
        for used in guest.snapshot_storages() {
            let id = used.storage.value;
            let place = *places.entry(id).or_insert_with(|| {
                let is_fine = storage.model.get(id).is_some() || lost.contains(id) || !context.uses().on(id).is_empty();
                (!is_fine).then(|| {
                    unknown.push((id, Vec::new()));
                    unknown.len() - 1
                })
            });
            if let Some((_, uses)) = place.and_then(|at| unknown.get_mut(at)) {
                uses.push((guest, used));
            }
        }
    }
    for (id, uses) in unknown {
        let Some(((guest, used), others)) = uses.split_first() else { continue };
        let (id, snapshot) = (words::name(id), words::name(used.snapshot));
        let message =
            format!("storage `{id}` doesn't exist, and snapshot `{snapshot}` of {} uses it", guest.display_name());
        let mut finding = Finding::new(format!("storage.cfg: {id}"), guest.at(used.storage.span), message)
            .label("not in storage.cfg")
            .consequence("A rollback to the snapshot fails, and so does deleting it.");
        for (other, used) in others.iter().take(NAMED) {
            finding = finding.related(
                other.at(used.storage.span),
                format!("snapshot `{}` of {} uses it too", words::name(used.snapshot), other.display_name()),
            );
        }
        if let Some(more) = others.len().checked_sub(NAMED).filter(|more| *more > 0) {
            finding = finding.note(format!("and {more} more guests"));
        }
        sink.push(finding.edit(format!("define storage {id} again")).fix_command_when(
            guest.command("delsnapshot").arg(used.snapshot).words("--force"),
            "if the snapshot isn't needed any more",
        ));
    }
}
