//! An option, or a part of one, that another release has.

use super::{VmGuest, newer_parts};
use crate::finding::Level;
use crate::model::guest::QuirkKind;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let release = guest.config.release;
    for quirk in &guest.config.quirks {
        let (span, message, label) = match &quirk.why {
            QuirkKind::UnknownOption { elsewhere: Some(since), .. } => (
                quirk.span,
                format!("PVE {} has no option `{}` for VMs", release.major(), words::name(quirk.key)),
                if since.is_empty() { "another release has it".to_owned() } else { format!("it came with {since}") },
            ),
            QuirkKind::Invalid(problem) => {
                let Some(newer) = newer_parts(problem, quirk.key, release) else { continue };
                let names: Vec<_> = newer.iter().map(|(_, property)| format!("`{}`", property.name)).collect();
                let since = newer.iter().map(|(_, property)| property.since_text).max().unwrap_or_default();
                (
                    newer.first().map_or(quirk.span, |(span, _)| *span),
                    format!(
                        "PVE {} knows no {} in `{}`",
                        release.major(),
                        words::list(&names, 3),
                        words::name(quirk.key)
                    ),
                    if since.is_empty() { "a later release has it".to_owned() } else { format!("since {since}") },
                )
            }
            _ => continue,
        };
        let finding = any
            .finding_in(quirk.place, quirk.key, span, message)
            .label(label)
            .consequence("PVE drops the whole line, and its next change of the VM deletes it.")
            .edit(format!("upgrade the node, or correct {}", any.line(quirk.span)));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
