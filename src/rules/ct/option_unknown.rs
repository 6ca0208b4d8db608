//! An option that PVE doesn't have.

use super::{Ct, finding_in, level_for_section, option_names, remove_line};
use crate::finding::Level;
use crate::model::container::QuirkKind;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for quirk in &guest.config.quirks {
        let QuirkKind::UnknownOption { elsewhere: None, .. } = quirk.why else { continue };
        let (name, number) = table::split_index(quirk.key);
        if table::indexed(name).is_some() && !number.is_empty() {
            continue;
        }
        let label = if table::indexed(quirk.key).is_some() {
            format!("it needs a number: {}0", words::name(quirk.key))
        } else if table::single(name).is_some() {
            format!("did you mean `{}`?", words::name(name))
        } else {
            match words::did_you_mean(quirk.key, option_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => String::new(),
            }
        };
        let finding = finding_in(
            guest,
            quirk.place,
            quirk.key,
            quirk.span,
            format!("PVE has no option `{}`", words::name(quirk.key)),
        )
        .label(label)
        .consequence("PVE warns `unknown setting` at every read, keeps the line and doesn't act on it.")
        .edit(remove_line(guest, quirk.span));
        sink.push(level_for_section(finding, RULE.level, quirk.place));
    }
}
