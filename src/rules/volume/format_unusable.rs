//! A volume in a format that such a guest cannot use.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        for one in storage.uses.iter().filter(|one| !one.is_unused && one.is_disk()) {
            let Some(volume) = one.volume else { continue };
            let format = ["qcow2", "vmdk", "subvol"].into_iter().find(|format| volume.format.is(format));
            let Some(format) = format.filter(|format| one.is_container != (*format == "subvol")) else { continue };
            let finding = Finding::new(one.subject(), one.place(), format!("{} is a {format} volume", one.drive()));
            let finding = if one.is_container {
                finding
                    .label("containers use raw images and subvolumes")
                    .consequence("The container doesn't start: `unsupported image format`.")
            } else if context.cluster.release < Release::Pve8 {
                finding
                    .at_level(Level::Warning)
                    .label("a directory, not a disk")
                    .consequence("QEMU can't open a directory as a disk.")
            } else {
                finding.label("a directory, not a disk").consequence("The VM doesn't start: `not a QEMU image format`.")
            };
            sink.push(finding.edit(
                "give the guest a raw volume with the same data; `qemu-img convert -O raw` reads qcow2 and vmdk",
            ));
        }
    }
}
