//! A bind mount that is marked for backup.

use super::{Ct, display_name, finding_in_main, mounts, set, without};
use crate::finding::Level;
use crate::model::container::check::VolumeKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in mounts(guest) {
        let Some(backup) = props.get("backup").filter(|backup| backup.is_true()) else { continue };
        let Some(source) = props.get("volume").filter(|source| VolumeKind::of(source.value) != VolumeKind::Volume)
        else {
            continue;
        };
        let key = words::name(option.key);
        let finding = finding_in_main(
            guest,
            option.key,
            backup.key_span.join(backup.span),
            format!("`{key}` of {} is in no backup", display_name(guest)),
        )
        .label("only volumes are backed up")
        .secondary(guest.at(source.span), "not a volume")
        .consequence("vzdump leaves bind and device mounts out, whatever backup says.")
        .fix_command_when(
            set(guest, option.key, without(guest, option, &["backup"])),
            "and back the directory up on the node",
        );
        sink.push(finding);
    }
}
