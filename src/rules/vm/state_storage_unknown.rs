//! A storage for saved memory that doesn't exist.

use rustc_hash::FxHashSet;

use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Vms, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(storage) = &context.cluster.storage else { return };
    let lost: FxHashSet<&[u8]> = storage.model.lost_ids().map(|id| &**id).collect();
    for guest in &context.cluster.vms {
        let any = AnyGuest::Vm(guest);
        let Some(named) = any.main().get("vmstatestorage") else { continue };
        if storage.model.get(&named.value).is_some() || lost.contains(&*named.value) {
            continue;
        }
        let name = words::name(&named.value);
        sink.push(
            any.finding(
                named.key,
                named.span,
                format!("storage `{name}` for the memory of {} doesn't exist", any.display_name()),
            )
            .discriminator(name)
            .consequence("Snapshots with memory and hibernation fail.")
            .fix_command_when(any.delete(named.key), "PVE then chooses the storage itself"),
        );
    }
}
