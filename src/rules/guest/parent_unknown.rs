//! A parent that isn't a snapshot of the guest.

use rustc_hash::FxHashMap;

use super::AnyGuest;
use crate::finding::Level;
use crate::model::guest::{Place, Section};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::guest(Level::Warning, check);

fn check(_: &Context<'_>, guest: &AnyGuest<'_, '_>, sink: &mut Sink) {
    let (main, snapshots) = (guest.main(), guest.snapshots());
    if snapshots.is_empty() && main.get("parent").is_none() {
        return;
    }
    let mut index: FxHashMap<&[u8], usize> = FxHashMap::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        if let Place::Snapshot(name) = snapshot.place {
            index.insert(name, at);
        }
    }
    for section in std::iter::once(main).chain(snapshots) {
        let Some(parent) = section.get("parent").filter(|parent| parent.valid) else { continue };
        if index.contains_key(&*parent.value) {
            continue;
        }
        let name = words::name(&parent.value);
        let finding = guest
            .finding_in(
                section.place,
                b"parent",
                parent.span,
                format!("{} has no snapshot `{name}`", guest.display_name()),
            )
            .label("named as the parent")
            .discriminator(name)
            .consequence("The GUI shows the tree of snapshots wrong; nothing else depends on it.")
            .edit(guest.remove_line(parent.span));
        sink.push(finding);
    }
    // Each snapshot is walked over once: 1 is being walked, 2 is done.
    let mut state = vec![0_u8; snapshots.len()];
    for start in 0..snapshots.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next {
            let (Some(seen), Some(section)) = (state.get_mut(at), snapshots.get(at)) else { break };
            if *seen == 1 {
                cycle(guest, section, sink);
            }
            if *seen != 0 {
                break;
            }
            *seen = 1;
            path.push(at);
            let parent = section.get("parent").filter(|parent| parent.valid);
            next = parent.and_then(|parent| index.get(&*parent.value).copied());
        }
        for at in path {
            if let Some(seen) = state.get_mut(at) {
                *seen = 2;
            }
        }
    }
}

fn cycle(guest: &AnyGuest<'_, '_>, section: &Section<'_>, sink: &mut Sink) {
    let (Some(parent), Place::Snapshot(name)) = (section.get("parent"), section.place) else { return };
    let finding = guest
        .finding_in(
            section.place,
            b"parent",
            parent.span,
            format!("snapshot `{}` is its own ancestor", words::name(name)),
        )
        .discriminator("cycle")
        .consequence("The GUI can't show the tree of snapshots and lists none of them.")
        .edit(guest.remove_line(parent.span));
    sink.push(finding);
}
