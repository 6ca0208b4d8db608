//! A grant that says something else than it seems to: octal numbers, no ids, or all of them.

use super::files;
use crate::finding::{Finding, Level};
use crate::model::subid::QuirkKind;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for (_, name, file) in files(context.cluster) {
        for quirk in &file.model.quirks {
            let (message, label, pve) = match quirk.why {
                QuirkKind::AlmostRoot => continue,
                QuirkKind::Octal => (
                    "a number in this line is octal",
                    "a leading zero makes it octal",
                    "newuidmap and newgidmap read 0100000 as 32768.",
                ),
                QuirkKind::Nothing => {
                    ("this line grants root nothing", "a range of no ids", "newuidmap and newgidmap ignore the line.")
                }
                QuirkKind::Everything => (
                    "this line grants root every id of the node",
                    "0 ids from 0 on overflow to all of them",
                    "Containers can map any host id, including those of the node's own accounts.",
                ),
            };
            let finding = Finding::new(name, file.at(quirk.span), message)
                .label(label)
                .discriminator(words::name(quirk.span.bytes(context.text(file.file))))
                .consequence(pve)
                .edit(format!("write the intended range into {name}, such as root:100000:65536"));
            sink.push(finding);
        }
    }
}
