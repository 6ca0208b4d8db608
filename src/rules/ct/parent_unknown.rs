//! A parent that isn't a snapshot of the container.

use rustc_hash::FxHashMap;

use super::{Ct, display_name, finding_in, remove_line};
use crate::finding::Level;
use crate::model::container::{Place, Section};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    if config.snapshots.is_empty() && config.main.get("parent").is_none() {
        return;
    }
    let mut index: FxHashMap<&[u8], usize> = FxHashMap::default();
    for (at, snapshot) in config.snapshots.iter().enumerate() {
        if let Place::Snapshot(name) = snapshot.place {
            index.insert(name, at);
        }
    }
    for section in std::iter::once(&config.main).chain(&config.snapshots) {
        let Some(parent) = section.get("parent").filter(|parent| parent.valid) else { continue };
        if index.contains_key(&*parent.value) {
            continue;
        }
        let name = words::name(&parent.value);
        let finding = finding_in(
            guest,
            section.place,
            b"parent",
            parent.span,
            format!("{} has no snapshot `{name}`", display_name(guest)),
        )
        .label("named as the parent")
        .discriminator(name)
        .consequence("The GUI shows the tree of snapshots wrong; nothing else depends on it.")
        .edit(remove_line(guest, parent.span));
        sink.push(finding);
    }
    // Each snapshot is walked over once: 1 is being walked, 2 is done.
    let mut state = vec![0_u8; config.snapshots.len()];
    for start in 0..config.snapshots.len() {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(at) = next {
            let (Some(seen), Some(section)) = (state.get_mut(at), config.snapshots.get(at)) else { break };
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

fn cycle(guest: &Ct<'_>, section: &Section<'_>, sink: &mut Sink) {
    let (Some(parent), Place::Snapshot(name)) = (section.get("parent"), section.place) else { return };
    let finding = finding_in(
        guest,
        section.place,
        b"parent",
        parent.span,
        format!("snapshot `{}` is its own ancestor", words::name(name)),
    )
    .discriminator("cycle")
    .consequence("The GUI can't show the tree of snapshots and lists none of them.")
    .edit(remove_line(guest, parent.span));
    sink.push(finding);
}
