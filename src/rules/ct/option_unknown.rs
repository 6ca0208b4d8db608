//! An option that PVE doesn't have.

use super::{Ct, found, option_names, placed, remove_line, rule};
use crate::finding::Level;
use crate::model::container::Why;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub static RULE: Rule = rule("ct-option-unknown", Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for odd in &guest.config.odd {
        let Why::UnknownOption { elsewhere: None, .. } = odd.why else { continue };
        let (name, number) = table::split_index(odd.key);
        if table::indexed(name).is_some() && !number.is_empty() {
            continue;
        }
        let label = if table::indexed(odd.key).is_some() {
            format!("it needs a number: {}0", words::name(odd.key))
        } else if table::single(name).is_some() {
            format!("did you mean {}?", words::name(name))
        } else {
            match words::did_you_mean(odd.key, option_names()) {
                Some(near) => format!("did you mean {near}?"),
                None => String::new(),
            }
        };
        let finding = found(guest, odd.place, odd.key, odd.span, format!("PVE has no option {}", words::name(odd.key)))
            .label(label)
            .pve("PVE warns `unknown setting` at every read, keeps the line and doesn't act on it.")
            .edit(remove_line(guest, odd.span));
        sink.push(placed(finding, RULE.level, odd.place));
    }
}
