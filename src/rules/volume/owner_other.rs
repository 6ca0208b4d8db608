//! A guest uses a volume that belongs to another guest.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::tables::storage::ContentKind;
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashSet;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        let mut of_owners: Option<FxHashSet<(&[u8], u64)>> = None;
        for one in &storage.uses {
            let (Some(volume), Some(vmid)) = (one.volume, one.vmid.map(u64::from)) else { continue };
            let is_disk = matches!(volume.vtype, ContentKind::Images | ContentKind::Rootdir);
            // Owner 0 stands for none (ESXi).
            let Some(owner) = volume.owner.filter(|&owner| is_disk && owner != vmid && owner != 0) else { continue };
            let shared = of_owners.get_or_insert_with(|| {
                storage.uses.iter().filter_map(|other| Some((other.name, u64::from(other.vmid?)))).collect()
            });
            // The owner has it too: that is another mistake.
            if shared.contains(&(one.name, owner)) {
                continue;
            }
            let exists = u32::try_from(owner).ok().and_then(|owner| context.cluster.guest(owner)).is_some();
            let mut finding = Finding::new(one.subject(), one.place(), format!("{} is a volume of guest {owner}", one.drive()))
                .discriminator(format!("{}:{}", words::name(storage.id), words::name(one.name)))
                .label(format!("its name says that {owner} owns it"))
                .consequence("Migration and replication leave it out, PVE refuses to resize it, and destroying this guest doesn't delete it.");
            if exists {
                finding =
                    finding.consequence(format!("Destroying guest {owner} deletes it: this guest loses the disk."));
            }
            sink.push(finding.edit(format!(
                "move the disk to another storage, which creates a copy that {} owns, or attach it to guest {owner} again",
                one.guest()
            )));
        }
    }
}
