//! Snapshots as volume chains, which are a preview.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Note, &[Input::Storage], check).since(Release::Pve9);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for section in view.storages().filter(|section| section.flag("snapshot-as-volume-chain")) {
        let Some(chain) = section.property("snapshot-as-volume-chain") else { continue };
        let finding = view
            .finding(
                section,
                chain.line,
                format!("storage `{}` creates snapshots in a way that is a technology preview", section.id.value),
            )
            .label("snapshots as chains of volumes")
            .consequence("Proxmox calls it that, and advises against it for production.")
            .edit("keep backups, and test a rollback before you need it");
        sink.push(finding);
    }
}
