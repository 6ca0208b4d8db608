//! A mount point's id map that gives one id twice.

use super::{Ct, all_mounts, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::idmap::{IdMap, MountFault, MountMap};
use crate::release::Release;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check).since(Release::Pve9);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for (option, props) in all_mounts(guest) {
        let Some(idmap) = props.get("idmap").filter(|idmap| idmap.value != b"passthrough") else { continue };
        let Some(fault) = MountMap::parse(idmap.value).and_then(|map| map.fault(&IdMap::of(&guest.config))) else {
            continue;
        };
        let key = words::name(option.key);
        let (label, what) = match fault {
            MountFault::ContainerOverlap(kind, id) => (
                format!("{} {id} of the container is mapped twice", kind.noun()),
                "The container doesn't start: `invalid map entry`.",
            ),
            MountFault::DiskOverlap(kind, id) => (
                format!("{} {id} on disk is mapped twice", kind.noun()),
                "The container doesn't start: `invalid map entry`.",
            ),
            MountFault::HostOverlap(kind, id) => (
                format!("{} {id} on disk already belongs to another id of the container", kind.noun()),
                "PVE doesn't notice. The start fails: `write to uid_map failed: Invalid argument` (or gid_map).",
            ),
        };
        let finding = finding_in_main(
            guest,
            option.key,
            idmap.span,
            format!("the id map of `{key}` of {} maps one id twice", display_name(guest)),
        )
        .label(label)
        .consequence(what)
        .edit(format!("correct idmap= in line {} of {}", line_number(guest, idmap.span), conf(guest)));
        sink.push(finding);
    }
}
