//! A disk that isn't in the VM's backups.

use super::VmGuest;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Note, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for drive in guest.config.drives.iter().filter(|drive| !drive.is_cdrom) {
        let Some(option) = any.main().get(&words::name(drive.key)) else { continue };
        let backup = option.props.as_ref().and_then(|props| props.get("backup"));
        let Some(backup) = backup.filter(|backup| !backup.is_true()) else { continue };
        let finding = any
            .finding(
                drive.key,
                backup.span,
                format!("`{}` of {} isn't in its backups", words::name(drive.key), any.display_name()),
            )
            .consequence("After a restore the disk isn't there.")
            .fix_command_when(any.set(drive.key, any.without(option, &["backup"])), "to back it up");
        sink.push(finding);
    }
}
