//! Disks on an NFS mount that gives up.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::tables::storage::{ContentKind, ContentSet};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let disks = ContentSet::of(&[ContentKind::Images, ContentKind::Rootdir]);
    for section in view.storages().filter(|section| section.type_name() == "nfs") {
        let Some(soft) = section.mount_options().find(|option| option.key == "soft") else { continue };
        let used = context.uses().on(section.id.value).iter().any(|one| !one.is_cdrom);
        if section.content.kinds.and(disks).is_empty() || !used {
            continue;
        }
        let id = section.id.value;
        let rest: Vec<String> = section
            .mount_options()
            .filter(|option| option.key != "soft")
            .map(|option| words::name(option.span.bytes(view.cfg.text)))
            .collect();
        let finding = view
            .finding(section, soft.span, format!("guests on storage `{id}` get errors when its server is slow"))
            .label("gives up and reports an error")
            .consequence("A mount with soft ends a request with an I/O error where a hard one waits: guests lose writes, and their file systems are damaged.");
        let finding = view.count_guests(finding, id);
        let line = section.property("options").map(|options| options.line);
        sink.push(match line {
            Some(line) if rest.is_empty() => view.unset(finding, section, "options", line),
            line => view.set(finding, section, "options", &rest.join(","), line),
        });
    }
}
