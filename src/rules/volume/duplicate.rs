//! One disk twice in the same guest.

use super::Use;
use crate::cluster::Input;
use crate::finding::{Command, Finding, Level};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::FileId;
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        let mut first: FxHashMap<(&[u8], FileId), &Use<'_>> = FxHashMap::default();
        first.reserve(storage.uses.len());
        for one in storage.uses.iter().filter(|one| !one.is_unused && one.is_disk()) {
            let other = *first.entry((one.name, one.file)).or_insert(one);
            if other.key == one.key {
                continue;
            }
            let finding = Finding::new(one.subject(), one.place(), format!("{} has the same disk twice", one.guest()))
                .discriminator(format!("{}:{}", words::name(storage.id), words::name(one.name)))
                .label(format!("this is also {}", words::name(other.key)))
                .secondary(other.place(), "here")
                .consequence("The first of the two locks a file, so the guest doesn't start; a block device is opened twice, which destroys its file system.");
            sink.push(match one.vmid {
                Some(vmid) if one.key != b"rootfs" => finding.fix_command(
                    Command::new(&format!("{} set", one.tool())).arg(vmid.to_string()).words("--delete").arg(one.key),
                ),
                _ => finding.edit("remove one of the two lines"),
            });
        }
    }
}
