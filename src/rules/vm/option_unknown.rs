//! An option that PVE doesn't have.

use super::{VmGuest, is_option, option_names, split_index, table};
use crate::finding::Level;
use crate::model::guest::{Place, QuirkKind};
use crate::model::tables::guest::Family;
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for quirk in &guest.config.quirks {
        let QuirkKind::UnknownOption { elsewhere: None, .. } = quirk.why else { continue };
        let (name, digits) = split_index(quirk.key);
        let of_name = table::INDEXED.iter().find(|(known, _)| known.as_bytes() == name);
        let count = of_name.and_then(|(_, options)| options.last()).map(|option| option.family);
        let label = match count {
            _ if matches!(quirk.place, Place::Special(_)) => "not in this section".to_owned(),
            Some(Family::Indexed(count)) if digits.is_empty() => {
                format!("it needs a number: {}0 to {}", words::name(name), count.saturating_sub(1))
            }
            Some(Family::Indexed(count)) => {
                format!("there are {0}0 to {0}{1}", words::name(name), count.saturating_sub(1))
            }
            _ if is_option(name) => format!("did you mean `{}`?", words::name(name)),
            _ => words::did_you_mean(quirk.key, option_names())
                .map(|near| format!("did you mean `{near}`?"))
                .unwrap_or_default(),
        };
        // What nothing is like may be of a patched or a newer PVE.
        let level = if label.is_empty() { Level::Warning } else { RULE.level };
        let finding = any
            .finding_in(
                quirk.place,
                quirk.key,
                quirk.span,
                format!("PVE has no option `{}` for VMs", words::name(quirk.key)),
            )
            .label(label)
            .consequence("PVE warns `unknown setting`, ignores it, and its next change of the VM deletes the line.")
            .edit(format!("correct {}, or remove the line", any.line(quirk.span)));
        sink.push(level_for_section(finding, level, quirk.place));
    }
}
