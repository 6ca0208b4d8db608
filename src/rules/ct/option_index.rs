//! An option whose number PVE doesn't know.

use super::{Ct, conf, display_name, finding_in, level_for_section, line_number};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::guest::Family;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in &guest.config.quirks {
        let QuirkKind::UnknownOption { elsewhere: None, acted_on, problem } = &quirk.why else { continue };
        let (name, number) = table::split_index(quirk.key);
        let Some(option) = table::indexed(name).filter(|_| !number.is_empty()) else { continue };
        let Family::Indexed(count) = option.family else { continue };
        let (key, name) = (words::name(quirk.key), words::name(name));
        let message = format!("PVE doesn't know the number of `{key}` of {}", display_name(guest));
        let mut finding = finding_in(guest, quirk.place, quirk.key, quirk.span, message)
            .label(format!("{name}0 to {name}{}", count - 1));
        let level = match (acted_on, problem) {
            (true, Some(problem)) => {
                finding = finding
                    .secondary(guest.at(problem.span), "PVE can't read this")
                    .consequence("PVE still uses the line but can't read it, and the container doesn't start.");
                Level::Error
            }
            (true, None) => {
                finding = finding.consequence("PVE still uses the line, but no command can change or remove it.");
                Level::Warning
            }
            (false, _) if name == "mp" => {
                finding =
                    finding.consequence("PVE warns `unknown setting` and starts the container without this mount.");
                Level::Error
            }
            (false, _) => {
                finding = finding.consequence("PVE warns `unknown setting` at every read and doesn't act on the line.");
                Level::Warning
            }
        };
        finding = finding.edit(format!(
            "give {key} in line {} of {} a free number from 0 to {}",
            line_number(guest, quirk.span),
            conf(guest),
            count - 1
        ));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
