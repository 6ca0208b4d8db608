//! A property that stands twice in a section.

use super::{StorageView, short};
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::storage::Refusal;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused() {
        let Refusal::Duplicate(first) = refused.refusal else { continue };
        let (section, key) = (refused.section, refused.key.value);
        let id = section.id.value;
        let kept = section.property(&words::name(key)).and_then(|property| property.raw);
        let same = kept == refused.value.map(|value| value.value);
        let mut finding = view
            .finding(section, refused.dropped.span, format!("storage `{id}` has two lines for `{}`", short(key)))
            .discriminator(short(key))
            .label("PVE ignores this one")
            .secondary(view.at(*first), "the first one takes precedence")
            .consequence("PVE's next change of any storage deletes the second line.");
        if same {
            finding = finding.at_level(Level::Note);
        }
        let name = words::name(key);
        let value = refused.value.map(|value| words::name(value.value));
        let settable = |value: &str| !same && view.cfg.accepts(section, &name, value.as_bytes());
        finding = match value {
            Some(value) if settable(&value) && view.is_settable(section, &name) => {
                let finding = view.remove_line(finding, refused.key.span);
                let command = Command::new("pvesm set").arg(id).words(&format!("--{name}")).arg(&value);
                finding.fix_command_when(command, "if the second one is meant")
            }
            _ => view.remove_line(finding, refused.key.span),
        };
        sink.push(finding);
    }
}
