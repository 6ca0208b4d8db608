//! A drive whose `format` is not that of its volume.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Place;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        for one in storage.uses.iter().filter(|one| !one.is_unused && !one.is_cdrom && one.is_disk()) {
            let (Some(format), Some(real)) = (one.format, one.volume.and_then(|volume| volume.format.text())) else {
                continue;
            };
            if format.value == real.as_bytes() {
                continue;
            }
            let place = Place { file: one.file, span: format.span };
            let mut finding = Finding::new(
                one.subject(),
                place,
                format!("{} says {} but is {real}", one.drive(), words::name(format.value)),
            )
            .label(format!("the volume is {real}"))
            .edit("remove the format from the drive's line: PVE takes it from the volume");
            finding = if context.cluster.release >= Release::Pve9 {
                finding.consequence("PVE compares the two, and the VM doesn't start.")
            } else {
                finding.at_level(Level::Warning).consequence("QEMU opens the volume in the wrong format or, with the latest packages of PVE 8, the VM doesn't start.")
            };
            sink.push(finding);
        }
    }
}
