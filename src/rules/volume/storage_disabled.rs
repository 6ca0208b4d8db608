//! Guests use a storage that is disabled.

use super::{Use, guests};
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::storage::StorageView;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for storage in context.uses().storages() {
        let Some(section) = storage.storage().filter(|section| section.is_disabled()) else { continue };
        let Some(disable) = section.property("disable") else { continue };
        let uses: Vec<&Use<'_>> = storage.uses.iter().filter(|one| !one.is_unused && !one.is_template).collect();
        let (n, names) = guests(uses.iter().copied());
        let Some(first) = uses.iter().find(|one| one.onboot).or(uses.first()) else { continue };
        let id = section.id.value;
        let uses_it = if n == 1 { "uses it" } else { "use it" };
        let mut finding = view
            .finding(section, disable.line, format!("storage `{id}` is disabled, and {names} {uses_it}"))
            .label("here")
            .related(first.place(), first.drive())
            .consequence(format!("They don't start: `storage '{id}' is disabled`."));
        if first.onboot {
            finding = finding
                .at_level(Level::Error)
                .consequence(format!("{} should start with its node, but doesn't.", first.guest()));
        }
        sink.push(view.set(finding, section, "disable", "0", Some(disable.line)));
    }
}
