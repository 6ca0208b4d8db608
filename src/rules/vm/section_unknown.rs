//! A section that PVE doesn't know.

use super::VmGuest;
use crate::finding::Level;
use crate::model::guest::{DropReason, Shape};
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for dropped in &guest.config.dropped {
        let line = dropped.span.bytes(guest.config.text).trim_ascii();
        let (label, what) = match dropped.why {
            DropReason::SkippedSection { skipped, .. } => (below(skipped), SKIPPED),
            DropReason::Unparsable(Shape::Other) if line.starts_with(b"[") => ("not a valid header".to_owned(), LEAKS),
            _ => continue,
        };
        let header = words::name(line);
        sink.push(
            any.finding_in(dropped.place, b"", dropped.span, format!("PVE doesn't know the section `{header}`"))
                .label(label)
                .discriminator(header)
                .consequence(what)
                .edit(format!(
                    "give the section in {} a name that begins with a letter and has at least two of a-z 0-9 _ -, or remove it with its lines",
                    any.line(dropped.span)
                )),
        );
    }
}

const SKIPPED: &str = "PVE warns `skipping unknown section`, and its next change of the VM deletes the section.";
const LEAKS: &str = "PVE drops only the header. It reads the lines below it as part of the section before, and they override its values.";

fn below(skipped: u32) -> String {
    match skipped {
        0 => "no line follows".to_owned(),
        1 => "the line below it is dropped, too".to_owned(),
        more => format!("the {more} lines below it are dropped, too"),
    }
}
