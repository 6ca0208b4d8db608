//! An option, or a part of one, that only a later release has.

use super::{Ct, conf, finding_in, level_for_section, line_number, newer_parts, remove_line};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let release = context.cluster.release;
    for quirk in &guest.config.quirks {
        let finding = match &quirk.why {
            QuirkKind::UnknownOption { elsewhere: Some(since), .. } => {
                let message =
                    format!("PVE {} has no option `{}`: it came with {since}", release.major(), words::name(quirk.key));
                finding_in(guest, quirk.place, quirk.key, quirk.span, message)
                    .consequence("PVE warns `unknown setting` at every read, keeps the line and doesn't act on it.")
                    .edit(format!("upgrade the node, or {}", remove_line(guest, quirk.span)))
            }
            QuirkKind::Invalid(problem) => {
                let Some(newer) = newer_parts(problem, quirk.key, release) else { continue };
                let names: Vec<_> = newer.iter().map(|(_, property)| property.name).collect();
                let since = newer.iter().map(|(_, property)| property.since_text).max().unwrap_or_default();
                let message = format!(
                    "PVE {} doesn't know {} in {}",
                    release.major(),
                    words::list(&names, 3),
                    words::name(quirk.key)
                );
                let span = newer.first().map_or(quirk.span, |(span, _)| *span);
                let what = match table::split_index(quirk.key).0 {
                    b"mp" => "PVE can't read the whole line, and starts the container without this mount.",
                    _ => "PVE can't read the whole line, and the container doesn't start.",
                };
                finding_in(guest, quirk.place, quirk.key, span, message)
                    .label(format!("since {since}"))
                    .consequence(what)
                    .edit(format!(
                        "upgrade the node, or remove that part from line {} of {}",
                        line_number(guest, quirk.span),
                        conf(guest)
                    ))
            }
            _ => continue,
        };
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
