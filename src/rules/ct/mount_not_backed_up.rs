//! A volume that isn't in the container's backups.

use super::{Ct, display_name, finding_in_main, mounts, set};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in mounts(guest) {
        if props.get("backup").is_some() {
            continue;
        }
        let Some(volume) = props.get("volume").filter(|volume| VolumeKind::of(volume.value) == VolumeKind::Volume)
        else {
            continue;
        };
        let value = option.span.bytes(guest.config.text);
        let key = words::name(option.key);
        let finding = finding_in_main(
            guest,
            option.key,
            volume.span,
            format!("`{key}` of {} isn't in its backups", display_name(guest)),
        )
        .label("no backup=1")
        .consequence("vzdump backs up the root file system and only those mount points that have backup=1.")
        .fix_command_when(set(guest, option.key, [value, b",backup=1"].concat()), "to back it up")
        .fix_command_when(set(guest, option.key, [value, b",backup=0"].concat()), "to say that this is intended");
        sink.push(finding);
    }
}
