//! One disk in two guests.

use super::Use;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::{Context, Rule, Sink, words};
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        let mut first: FxHashMap<&[u8], &Use<'_>> = FxHashMap::default();
        for one in storage.uses.iter().filter(|one| !one.is_unused && one.is_disk()) {
            let other = *first.entry(one.name).or_insert(one);
            // A vmid that is there twice is a matter of the tree.
            if other.file == one.file || other.vmid == one.vmid {
                continue;
            }
            let owner = one.volume.and_then(|volume| volume.owner);
            let stranger = if owner == one.vmid.map(u64::from) { other } else { one };
            let finding = Finding::new(one.subject(), one.place(), format!("{} and {} are the same disk", other.drive(), one.drive()))
                .discriminator(format!("{}:{}", words::name(storage.id), words::name(one.name)))
                .label("in two guests")
                .related(other.place(), format!("{} has it too", other.drive()))
                .consequence("PVE lets both run. Two systems that write to one disk destroy its file system, unless it is a cluster file system.");
            sink.push(match stranger.vmid {
                Some(vmid) if stranger.key != b"rootfs" => finding.fix_command_when(
                    Command::new(&format!("{} set", stranger.tool()))
                        .arg(vmid.to_string())
                        .words("--delete")
                        .arg(stranger.key),
                    "detaches it from the guest and deletes nothing",
                ),
                _ => finding.edit("detach it from one of the two guests"),
            });
        }
    }
}
