//! An option, or a part of one, that only a later release has.

use super::{Ct, conf, found, line_number, newer_parts, placed, remove_line, rule};
use crate::finding::Level;
use crate::model::container::Why;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-option-newer", Level::Error, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let release = context.cluster.release;
    for odd in &guest.config.odd {
        let finding = match &odd.why {
            Why::UnknownOption { elsewhere: Some(since), .. } => {
                let message =
                    format!("PVE {} has no option {}: it came with {since}", release.major(), words::name(odd.key));
                found(guest, odd.place, odd.key, odd.span, message)
                    .pve("PVE warns `unknown setting` at every read, keeps the line and doesn't act on it.")
                    .edit(format!("upgrade the node, or {}", remove_line(guest, odd.span)))
            }
            Why::Invalid(problem) => {
                let Some(newer) = newer_parts(problem, odd.key, release) else { continue };
                let names: Vec<_> = newer.iter().map(|(_, property)| property.name).collect();
                let since = newer.iter().map(|(_, property)| property.since_text).max().unwrap_or_default();
                let message =
                    format!("PVE {} knows no {} in {}", release.major(), words::list(&names, 3), words::name(odd.key));
                let span = newer.first().map_or(odd.span, |(span, _)| *span);
                let what = match table::split_index(odd.key).0 {
                    b"mp" => "PVE can't read the whole line, and starts the container without this mount.",
                    _ => "PVE can't read the whole line, and the container doesn't start.",
                };
                found(guest, odd.place, odd.key, span, message).label(format!("since {since}")).pve(what).edit(format!(
                    "upgrade the node, or remove that part from line {} of {}",
                    line_number(guest, odd.span),
                    conf(guest)
                ))
            }
            _ => continue,
        };
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
