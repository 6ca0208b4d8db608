//! A property that no storage type has.

use super::{StorageView, article, meant_property, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{PATH, Refusal};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let release = view.release();
    for refused in view.refused() {
        // maxfiles has a rule of its own.
        if *refused.refusal != Refusal::Unknown || (refused.is("maxfiles") && release >= Release::Pve9) {
            continue;
        }
        let (section, key) = (refused.section, refused.key.value);
        let line = refused.key.span;
        let finding = view
            .finding(section, line, format!("{release} has no storage property `{}`", short(key)))
            .discriminator(short(key))
            .consequence("PVE ignores the line, and its next change of any storage deletes it.");
        let value = refused.value.map(|value| words::name(value.value));
        let other = section.storage_type.and_then(|known| known.option_any(key));
        let finding = match (meant_property(section, key, release), other) {
            (_, Some(other)) => {
                let (at, version) = if other.since > release { ("since", other.since) } else { ("up to", other.until) };
                view.remove_line(finding.label(format!("{at} {version}")), line)
            }
            (Some(meant), None) => {
                let finding = finding.at_level(Level::Error).label(format!("did you mean `{meant}`?"));
                match &value {
                    _ if section.property(meant).is_some() => view.remove_line(finding, line),
                    Some(value) if view.cfg.accepts(section, meant, value.as_bytes()) => {
                        view.set(finding, section, meant, value, Some(line))
                    }
                    Some(_) => finding.edit(format!("write {meant} in line {} of {PATH}", view.line(line))),
                    None => view.write_line(finding, section, meant, Some(line)),
                }
            }
            (None, None) => {
                let finding = finding.label(format!(
                    "{} {} storage has no such property",
                    article(section.type_name()),
                    section.type_name()
                ));
                view.remove_line(finding, line)
            }
        };
        sink.push(finding);
    }
}
