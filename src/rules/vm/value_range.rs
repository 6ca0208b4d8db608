//! A value that API and command line would refuse.

use super::{VmGuest, table};
use crate::finding::Level;
use crate::model::guest::{Place, QuirkKind};
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for quirk in &guest.config.quirks {
        let QuirkKind::OutOfBounds(problem) = &quirk.why else { continue };
        let Some(option) = table::option(quirk.key, guest.config.release) else { continue };
        let written = quirk.span.bytes(guest.config.text);
        // Locks and descriptions have rules of their own.
        if matches!(quirk.key, b"lock" | b"description") {
            continue;
        }
        // A line whose place another takes is never used; asked of what the VM runs with, or will.
        let section = match quirk.place {
            Place::Main => Some(any.main()),
            Place::Pending => any.pending(),
            Place::Snapshot(_) | Place::Special(_) => None,
        };
        let current = section.and_then(|section| section.get(&words::name(quirk.key)));
        if current.is_some_and(|current| current.span != quirk.span) {
            continue;
        }
        let property = &option.property;
        let near = words::did_you_mean(written, property.values.iter().copied());
        let label = match (near, property.min, property.max) {
            _ if written.windows(2).any(|pair| pair == b" #") => {
                "a comment needs its own line: here it is part of the value".to_owned()
            }
            (Some(near), ..) => format!("did you mean `{near}`?"),
            (None, ..) if !property.values.is_empty() => format!("one of {}", property.values.join(", ")),
            (None, Some(min), Some(max)) => format!("{min} to {max}"),
            (None, Some(min), None) => format!("at least {min}"),
            _ => words::name(&problem.text),
        };
        let (key, shown) = (words::name(quirk.key), words::name(written));
        let finding = any
            .finding_in(quirk.place, quirk.key, quirk.span, format!("`{key}` of {} can't be `{shown}`", any.display_name()))
            .label(label)
            .discriminator(shown)
            .consequence("PVE doesn't check this when it reads the file. The start fails or does without it, and no command would accept it.");
        let finding = match near {
            Some(near) if quirk.place == Place::Main => finding.fix_command(any.set(quirk.key, near)),
            _ => finding.edit(format!("write a value that PVE accepts into {}", any.line(quirk.span))),
        };
        // What never starts the VM is in snapshots only.
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
