//! A line of `/etc/subuid` or `/etc/subgid` that shadow ignores.

use super::files;
use crate::finding::{Finding, Level};
use crate::model::subid::{DropReason, QuirkKind, Trailing};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for (_, name, file) in files(context.cluster) {
        for dropped in &file.model.dropped {
            let label = match dropped.why {
                // A comment on a line of its own does no harm, and NIS lines are meant for another reader.
                DropReason::Blank | DropReason::Comment | DropReason::Nis => continue,
                DropReason::Fields => "must be owner:start:count",
                DropReason::TooLong => "longer than 1023 bytes",
                DropReason::Trailing(Trailing::Comment) => "a comment after the count makes the line invalid",
                DropReason::Trailing(Trailing::Blank) => "a blank after the count makes the line invalid",
                DropReason::Trailing(Trailing::CarriageReturn) => {
                    "the line ends with a carriage return (a file with DOS line ends)"
                }
                DropReason::Number => "start and count must be numbers",
            };
            let line = words::name(dropped.span.bytes(context.text(file.file)));
            let of_root = matches!(dropped.owner, b"root" | b"0");
            let level = if of_root { Level::Error } else { Level::Warning };
            let finding = Finding::new(name, file.at(dropped.span), format!("`{name}` grants nothing with this line"))
                .label(label)
                .discriminator(line)
                .at_level(level)
                .consequence("newuidmap and newgidmap silently skip it: containers that need it don't start.")
                .edit(format!(
                    "write it as owner:start:count and nothing else; for root: usermod {} FIRST-LAST root",
                    if name == "/etc/subuid" { "-v" } else { "-w" }
                ));
            sink.push(finding);
        }
        for quirk in file.model.quirks.iter().filter(|quirk| quirk.why == QuirkKind::AlmostRoot) {
            let line = words::name(quirk.span.bytes(context.text(file.file)));
            let finding = Finding::new(name, file.at(quirk.span), format!("`{name}` doesn't read this owner as root"))
                .label("blanks, capitals or a byte order mark make it another name")
                .discriminator(line)
                .at_level(Level::Error)
                .consequence(
                    "newuidmap and newgidmap compare the name byte by byte, so root is granted nothing by this line.",
                )
                .edit("write the owner as root, at the very beginning of the line");
            sink.push(finding);
        }
    }
}
