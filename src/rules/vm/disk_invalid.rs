//! A disk whose line PVE refuses.

use super::{VmGuest, drive, edit, invalid, refused, split_index};
use crate::finding::Level;
use crate::model::guest::Place;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let drives = invalid(guest).filter(|(quirk, _)| quirk.key == b"cdrom" || drive::is_drive(split_index(quirk.key).0));
    for (quirk, problem) in drives {
        let key = words::name(quirk.key);
        let message = format!("PVE can't read `{key}` of {} and drops the line", any.display_name());
        let kept = any.main().get(&key).filter(|_| quirk.place == Place::Main);
        let finding = refused(guest, quirk, problem, message).discriminator(words::name(&problem.text));
        let finding = match kept {
            Some(kept) => finding
                .secondary(guest.at(kept.span), "PVE uses this line for the same disk")
                .consequence("PVE warns `unable to parse value`, and its next change of the VM deletes the line."),
            None if quirk.place == Place::Main => finding.consequence(
                "The VM starts without it, backups leave it out, and the next change of the VM deletes the line.",
            ),
            None => finding
                .consequence("PVE warns `unable to parse value`, and its next change of the VM deletes the line."),
        };
        sink.push(level_for_section(edit(finding, guest, quirk), RULE.level, quirk.place));
    }
}
