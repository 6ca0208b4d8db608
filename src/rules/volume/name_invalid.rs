//! A volume name that the storage type cannot have.

use super::{Use, related};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::PATH;
use crate::model::tables::storage::Volumes;
use crate::model::volume::VolumeId;
use crate::rules::storage::{StorageView, article};
use crate::rules::{Context, Rule, Sink};
use bstr::BStr;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for storage in context.uses().storages() {
        let Some((section, known)) = storage.storage().and_then(|section| Some((section, section.storage_type?)))
        else {
            continue;
        };
        let bad: Vec<&Use<'_>> = storage.uses.iter().filter(|one| one.volume.is_none() && !one.is_unused).collect();
        let pve = format!(
            "PVE can't parse the name, so the guest doesn't start: `unable to parse {} volume name`.",
            parser(known.volumes)
        );
        // Nothing on the storage can be parsed: its type has been changed, which is one mistake.
        if let ([first, others @ ..], true) = (bad.as_slice(), bad.len() > 1 && bad.len() == storage.uses.len()) {
            let mut finding = view
                .finding(
                    section,
                    section.kind.span,
                    format!(
                        "no volume on storage `{}` has a name that {} {} storage can have",
                        section.id.value,
                        article(known.name),
                        known.name
                    ),
                )
                .label("did it have another type before?")
                .related(first.place(), first.drive());
            finding = related(finding, others, Use::drive);
            sink.push(finding.consequence(pve).edit(format!(
                "give the storage its former type in line {} of {PATH}",
                view.cfg.line_at(section.header) + 1
            )));
            continue;
        }
        for one in bad {
            let id = VolumeId { storage: section.id.value, name: BStr::new(one.name) };
            let label = if id.new_disk_size().is_some() {
                "STORAGE:SIZE creates a new volume on the command line; it isn't a name".to_owned()
            } else {
                format!("not a name on {} {} storage", article(known.name), known.name)
            };
            let finding = Finding::new(
                one.subject(),
                one.place(),
                format!("{} isn't a volume of storage `{}`", one.drive(), section.id.value),
            )
            .label(label)
            .consequence(pve.clone())
            .edit(format!("write the volume's real name; `pvesm list {}` shows what is there", section.id.value));
            sink.push(finding);
        }
    }
}

/// How PVE names a reader of volume names.
const fn parser(volumes: Volumes) -> &'static str {
    match volumes {
        Volumes::Directory => "directory",
        Volumes::Lvm | Volumes::Lvmthin => "lvm",
        Volumes::Zfs => "zfs",
        Volumes::Rbd => "rbd",
        Volumes::Iscsi | Volumes::Iscsidirect => "iscsi",
        Volumes::Pbs => "pbs",
        Volumes::Esxi => "esxi",
    }
}
