//! What single files do once their sections are read: the end of each module's `parse_config`.

use bstr::BString;
use rustc_hash::FxHashMap;

use super::{Dropped, Outcome, Reason, SectionFile};
use crate::release::Release;

/// Lets the owner of the file have a look at its sections.
pub(super) fn decode(file: &mut SectionFile<'_>) {
    match file.spec.file {
        "replication.cfg" => replication(file),
        "domains.cfg" => domains(file),
        _ => {}
    }
}

/// `PVE::ReplicationConfig::parse_config` (pve-guest-common): dies at a section without its target, and leaves out a second job of
/// one guest to one target.
fn replication(file: &mut SectionFile<'_>) {
    if file.table().any(|section| matches!(section.outcome, Outcome::Empty(_))) {
        file.fatal = Some("cannot lookup undefined type!".into());
        return;
    }
    let mut order: Vec<(Vec<u8>, usize)> = file
        .sections
        .iter()
        .enumerate()
        .filter(|(_, section)| section.order > 0 && !section.is_replaced)
        .map(|(at, section)| (section.id.value.to_vec(), at))
        .collect();
    order.sort();
    let mut targets: FxHashMap<(Vec<u8>, Vec<u8>), Vec<u8>> = FxHashMap::default();
    for (id, at) in order {
        let Some(section) = file.sections.get_mut(at) else { continue };
        let guest = id.split(|&b| b == b'-').next().unwrap_or_default().to_vec();
        let target = section.value("target").map(|target| target.value.to_vec()).unwrap_or_default();
        if targets.contains_key(&(guest.clone(), target.clone())) {
            let span = section.header;
            section.is_replaced = true;
            let mut text = BString::from("detected duplicate replication target. job ");
            text.extend_from_slice(&id);
            text.extend_from_slice(b" disabled");
            file.dropped.push(Dropped { span, line: 0, section: Some(at), reason: Reason::SameTarget(text) });
            continue;
        }
        targets.insert((guest, target), id);
    }
}

/// `PVE::Auth::Plugin::parse_config` (pve-access-control): one realm at most is the default.
fn domains(file: &mut SectionFile<'_>) {
    let mut has_default = false;
    for section in file.sections.iter_mut().filter(|section| section.order > 0 && !section.is_replaced) {
        if !section.flag("default") || section.outcome != Outcome::Ok {
            continue;
        }
        if std::mem::replace(&mut has_default, true) {
            section.properties.retain(|property| property.key.value != "default");
        }
    }
}

/// How a property is shown once it is decoded.
pub(super) enum Form {
    /// As it is.
    Text,
    /// Percent-decoded.
    Decoded,
    /// A set of its elements.
    Set,
    /// Nodes with their priorities.
    Priorities,
    /// The parts of a property string.
    Parts,
}

/// What becomes of the property `key` of a file.
pub(super) fn form(file: &str, key: &str, _: Release) -> Form {
    match (file, key) {
        ("jobs.cfg" | "replication.cfg" | "domains.cfg" | "ha/rules.cfg", "comment") => Form::Decoded,
        ("ha/rules.cfg", "nodes") => Form::Priorities,
        ("ha/rules.cfg", "resources")
        | ("ha/groups.cfg" | "sdn/zones.cfg", "nodes")
        | ("sdn/zones.cfg", "exitnodes") => Form::Set,
        ("jobs.cfg", "prune-backups") => Form::Parts,
        _ => Form::Text,
    }
}
