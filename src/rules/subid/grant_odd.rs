//! A grant that says something else than it seems to: octal numbers, no ids, or all of them.

use super::files;
use crate::finding::{Finding, Level};
use crate::model::subid::Why;
use crate::rules::{Check, Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = Rule {
    id: "subid-grant-odd",
    level: Level::Warning,
    needs: &[],
    since: None,
    until: None,
    check: Check::Cluster(check),
};

fn check(context: &Context<'_>, sink: &mut Sink) {
    for (_, name, file) in files(context.cluster) {
        for odd in &file.model.odd {
            let (message, label, pve) = match odd.why {
                Why::AlmostRoot => continue,
                Why::Octal => (
                    "a number in this line is octal",
                    "a leading zero makes it octal",
                    "newuidmap and newgidmap read 0100000 as 32768.",
                ),
                Why::Nothing => {
                    ("this line grants root nothing", "a range of no ids", "It is as if the line weren't there.")
                }
                Why::Everything => (
                    "this line grants root every id of the node",
                    "0 ids from 0 on wrap around to all of them",
                    "Containers can map any host id, the node's own accounts included.",
                ),
            };
            let finding = Finding::new(name, file.at(odd.span), message)
                .label(label)
                .about(words::name(odd.span.bytes(context.text(file.file))))
                .pve(pve)
                .edit(format!("write the range that is meant into {name}, such as root:100000:65536"));
            sink.push(finding);
        }
    }
}
