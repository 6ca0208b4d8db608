//! A base image in a guest that is no template.

use super::Use;
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        let mut cloned: Option<FxHashMap<&[u8], &Use<'_>>> = None;
        for one in storage.uses.iter().filter(|one| !one.is_unused && !one.is_template && one.is_disk()) {
            let Some(volume) = one.volume.filter(|volume| volume.is_base) else { continue };
            let clones = cloned.get_or_insert_with(|| {
                let bases = storage.uses.iter().filter_map(|clone| Some((&**clone.volume?.base?.name, clone)));
                bases.collect()
            });
            let clone = clones.get(&**volume.name);
            let mut finding = Finding::new(
                one.subject(),
                one.place(),
                format!("{} is the base image of a template, but {} isn't one", one.drive(), one.guest()),
            )
            .label("a base image must never change")
            .consequence(
                "Nothing keeps the guest from writing to it, which corrupts every linked clone of the template.",
            );
            if let Some(clone) = clone {
                finding = finding
                    .at_level(Level::Error)
                    .related(clone.place(), format!("{} is a linked clone of it", clone.drive()));
            }
            sink.push(finding.edit(format!(
                "make {} a template again, or move the disk to another storage, which creates a copy",
                one.guest()
            )));
        }
    }
}
