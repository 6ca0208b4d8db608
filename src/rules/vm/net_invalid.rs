//! A network interface whose line PVE refuses.

use super::{VmGuest, edit, invalid, refused, split_index};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for (quirk, problem) in invalid(guest).filter(|(quirk, _)| split_index(quirk.key).0 == b"net") {
        let key = words::name(quirk.key);
        let message = format!("PVE can't read `{key}` of {} and drops the line", any.display_name());
        let finding = refused(guest, quirk, problem, message)
            .discriminator(words::name(&problem.text))
            .consequence("The VM starts without this interface, and the next change of the VM deletes the line.");
        sink.push(level_for_section(edit(finding, guest, quirk), RULE.level, quirk.place));
    }
}
