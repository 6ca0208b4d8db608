//! A linked clone of a template that does not exist.

use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for storage in context.uses().storages() {
        for one in storage.uses.iter().filter(|one| !one.is_unused) {
            let Some(base) = one.volume.and_then(|volume| volume.base) else { continue };
            let owner = base.owner;
            if u32::try_from(owner).ok().and_then(|owner| context.cluster.guest(owner)).is_some() {
                continue;
            }
            let finding = Finding::new(
                one.subject(),
                one.place(),
                format!("{} is a linked clone of guest {owner}, which doesn't exist", one.drive()),
            )
            .label(format!("needs {}", base.name))
            .consequence(
                "If the base image was deleted together with the template, the guest doesn't start and its data is incomplete.",
            )
            .edit("check whether the base image still exists; moving the disk to another storage creates a full copy");
            sink.push(finding);
        }
    }
}
