//! A guest names a storage that storage.cfg does not have.

use super::{OnStorage, Use, related};
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::storage::StorageView;
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

/// So many storages are compared with a misspelt name; nobody has more.
const KNOWN: usize = 200;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let lost: FxHashSet<&[u8]> = cfg.lost_ids().map(|id| &**id).collect();
    let undefined = |storage: &&OnStorage<'_>| storage.section.is_none() && !lost.contains(storage.id);
    for storage in context.uses().storages().filter(undefined) {
        let mut uses: Vec<&Use<'_>> = storage.uses.iter().filter(|one| !one.is_unused).collect();
        let only_unused = uses.is_empty();
        if only_unused {
            uses = storage.uses.iter().collect();
        }
        let Some((first, others)) = uses.split_first() else { continue };
        let id = words::name(storage.id);
        let known: Vec<String> = cfg.table().take(KNOWN).map(|section| words::name(section.id.value)).collect();
        let meant = words::did_you_mean(storage.id, known.iter().map(String::as_str));
        let mut finding = Finding::new(
            format!("storage.cfg: {id}"),
            first.place(),
            format!("storage `{id}` doesn't exist, but {} uses it", first.drive()),
        );
        finding = match meant {
            Some(meant) => finding.label(format!("did you mean `{meant}`?")),
            None => finding.label("not in storage.cfg"),
        };
        finding = related(finding, others, |one| format!("{} uses it too", one.drive()));
        finding = if only_unused {
            finding.at_level(Level::Warning).consequence("Deleting the unused disk and migrating the guest fail.")
        } else {
            finding.consequence(format!(
                "The guest doesn't start, and can't be migrated or backed up: `storage '{id}' does not exist`."
            ))
        };
        finding = match meant {
            Some(meant) => finding.edit(format!("write {meant} instead of {id} in the config of {}", first.guest())),
            None => finding.edit(format!("define storage {id} again")),
        };
        sink.push(match first.vmid {
            Some(vmid) if first.is_cdrom => finding.fix_command_when(
                Command::new("qm set")
                    .arg(vmid.to_string())
                    .words(&format!("--{} none,media=cdrom", words::name(first.key))),
                "to empty the CD-ROM drive",
            ),
            _ => finding,
        });
    }
}
