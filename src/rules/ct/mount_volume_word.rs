//! A mount point whose volume is neither a path nor a volume.

use super::{Ct, all_mounts, conf, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::model::volume::VolumeId;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in all_mounts(guest) {
        let Some(volume) = props.get("volume").filter(|volume| VolumeKind::of(volume.value) == VolumeKind::Volume)
        else {
            continue;
        };
        if VolumeId::parse(volume.value).is_some() {
            continue;
        }
        let (key, name) = (words::name(option.key), words::name(volume.value));
        let finding =
            finding_in_main(guest, option.key, volume.span, format!("`{name}` is neither a path nor a volume"))
                .label("a volume is STORAGE:VOLUME, a directory of the node begins with /")
                .discriminator(&key)
                .consequence("The container doesn't start: `unsupported storage`, or `unable to parse volume ID`.")
                .edit(format!("correct {key} in line {} of {}", line_number(guest, volume.span), conf(guest)));
        sink.push(finding);
    }
}
