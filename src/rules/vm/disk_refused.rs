//! A disk that PVE reads and doesn't attach.

use super::{VmGuest, drive};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for section in guest.config.sections() {
        for option in section.options.iter().filter(|option| drive::is_drive(option.family())) {
            let Some(Err(refusal)) = option.props.as_ref().map(|props| drive::attach(option.family(), props)) else {
                continue;
            };
            let message = format!("PVE doesn't attach `{}` of {}", words::name(option.key), any.display_name());
            let label = match refusal.warnings.is_empty() {
                true => "two of these options exclude each other".to_owned(),
                false => refusal.warnings.join("; "),
            };
            let finding = any
                .finding_in(section.place, option.key, option.span, message)
                .label(label)
                .consequence("The VM starts without the disk, and backups leave it out.")
                .edit(format!("remove the option that conflicts from {}", any.line(option.span)));
            sink.push(level_for_section(finding, RULE.level, section.place));
        }
    }
}
