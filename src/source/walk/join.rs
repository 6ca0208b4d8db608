//! Parts of one configuration in several directories: `etc/` beside `pve/`, `lxc/` beside `host/storage.cfg`, files that were
//! given one by one.
//!
//! From the innermost directory outwards, what is found below one directory is put together when nothing is there twice: no file of
//! which a cluster has one, no vmid, no second host. Parts that don't fit are of different clusters and stay apart, and so does
//! what only lies further out.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::{Draft, Entry, Walk};
use crate::source::files::FileKind;
use crate::source::{Layout, Presence, ReadState, TreeId};

/// What a tree brings along.
#[derive(Default)]
struct Part {
    /// The files of which a cluster has one.
    singles: FxHashSet<FileKind>,
    vmids: FxHashSet<u32>,
    /// It holds guests, also such whose vmid nobody knows.
    has_guests: bool,
    /// It holds files of the node itself.
    has_host: bool,
    /// It didn't fit to another one further in.
    is_settled: bool,
}

impl Part {
    fn has_single(&self) -> bool {
        !self.singles.is_empty()
    }

    fn absorb(&mut self, other: Self) {
        self.singles.extend(other.singles);
        self.vmids.extend(other.vmids);
        self.has_guests |= other.has_guests;
        self.has_host |= other.has_host;
    }
}

impl Walk<'_> {
    /// Puts the parts of one tree together.
    pub(super) fn join_parts(&mut self, entries: &mut [Entry]) {
        if self.drafts.len() < 2 {
            return;
        }
        let mut parts = self.parts(entries);
        let mut into: Vec<usize> = (0..self.drafts.len()).collect();
        for place in self.meeting_places() {
            let open = |&at: &usize| {
                let here = self.drafts.get(at).is_some_and(|draft| !draft.gone && draft.dir.starts_with(&place));
                here && parts
                    .get(at)
                    .is_some_and(|part| !part.is_settled && (part.has_single() || part.has_guests || part.has_host))
            };
            let members: Vec<usize> = (0..self.drafts.len()).filter(open).collect();
            if members.len() < 2 {
                continue;
            }
            if !fit(&members, &parts) {
                for &at in &members {
                    if let Some(part) = parts.get_mut(at) {
                        part.is_settled = true;
                    }
                }
                continue;
            }
            let Some(&main) = members.iter().max_by_key(|&&at| (self.weight(at, &parts), std::cmp::Reverse(at))) else {
                continue;
            };
            for at in members.into_iter().filter(|&at| at != main) {
                let Some(part) = parts.get_mut(at).map(std::mem::take) else { continue };
                if let Some(main) = parts.get_mut(main) {
                    main.absorb(part);
                }
                self.merge(at, main);
                for target in into.iter_mut().filter(|target| **target == at) {
                    *target = main;
                }
            }
        }
        for entry in entries {
            if let Some(TreeId(tree)) = entry.file.tree
                && let Some(&target) = into.get(tree as usize)
            {
                entry.file.tree = Some(TreeId(super::number(target)));
            }
        }
    }

    /// What each tree has.
    fn parts(&self, entries: &[Entry]) -> Vec<Part> {
        let mut parts: Vec<Part> = self.drafts.iter().map(|_| Part::default()).collect();
        for entry in entries {
            let Some(TreeId(tree)) = entry.file.tree else { continue };
            let Some(part) = parts.get_mut(tree as usize) else { continue };
            let kind = entry.file.kind;
            if kind == FileKind::VzdumpConf {
                // People keep it beside either.
            } else if kind.is_host() {
                part.has_host = true;
            } else if kind.is_single() && kind.is_config() {
                part.singles.insert(kind);
            } else if matches!(kind, FileKind::Container | FileKind::Vm) && entry.file.state != ReadState::Skipped {
                part.has_guests = true;
                part.vmids.extend(entry.file.vmid);
            }
        }
        parts
    }

    /// The directories in which parts may meet, innermost first: those of the input above or at a part, and the one that holds
    /// several things that were given.
    fn meeting_places(&self) -> Vec<PathBuf> {
        let mut places: BTreeSet<&Path> = BTreeSet::new();
        let shared = |place: &Path| {
            self.given.iter().filter(|given| given.as_path() == place || given.parent() == Some(place)).count() > 1
        };
        for draft in &self.drafts {
            for place in draft.dir.ancestors() {
                let inside = self.given.iter().any(|given| place.starts_with(given)) || shared(place);
                if !inside || !places.insert(place) {
                    break;
                }
            }
        }
        let mut places: Vec<PathBuf> = places.into_iter().map(Path::to_path_buf).collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.components().count()));
        places
    }

    /// How much speaks for a tree being the one that the others are parts of.
    fn weight(&self, at: usize, parts: &[Part]) -> (bool, bool, bool, usize) {
        let part = parts.get(at);
        let (single, guests) = part.map_or((false, false), |part| (part.has_single(), part.has_guests));
        let is_dir = self.drafts.get(at).is_some_and(|draft| draft.tree.layout != Layout::Files);
        (single, guests, is_dir, part.map_or(0, |part| part.singles.len()))
    }

    /// Makes the files of `from` those of `to`.
    fn merge(&mut self, from: usize, to: usize) {
        let Some(draft) = self.drafts.get_mut(from) else { return };
        draft.gone = true;
        let (host, system, hint, pve) = (draft.host, draft.system.take(), draft.file_hint.take(), draft.pve);
        let dir = draft.dir.clone();
        let (nodes, has_nodes) = (std::mem::take(&mut draft.tree.nodes), draft.tree.has_nodes);
        let local = draft.tree.local_node.take();
        let Some(Draft { tree, .. }) = self.drafts.get_mut(to) else { return };
        tree.nodes.extend(nodes);
        tree.nodes.sort_unstable();
        tree.nodes.dedup();
        tree.has_nodes |= has_nodes;
        tree.local_node = tree.local_node.take().or(local);
        let Some(to) = self.drafts.get_mut(to) else { return };
        to.host = to.host.or(host);
        to.system = to.system.take().or(system);
        to.file_hint = to.file_hint.take().or(hint);
        if pve == Presence::Absent && to.pve == Presence::NotLooked {
            to.pve = pve;
        }
        // What joins them next lies above both.
        if let Some(common) = to.dir.ancestors().find(|place| dir.starts_with(place)).map(Path::to_path_buf) {
            to.dir = common;
        }
    }
}

/// Whether nothing is there twice, and the guests are of one place: a directory of guests beside another one that has guests and
/// their storage.cfg is another node's.
fn fit(members: &[usize], parts: &[Part]) -> bool {
    let mut singles = FxHashSet::default();
    let mut vmids = FxHashSet::default();
    let (mut hosts, mut guests, mut complete) = (0, 0, 0);
    for part in members.iter().filter_map(|&at| parts.get(at)) {
        hosts += usize::from(part.has_host);
        guests += usize::from(part.has_guests);
        complete += usize::from(part.has_guests && part.has_single());
        let is_new =
            part.singles.iter().all(|kind| singles.insert(*kind)) & part.vmids.iter().all(|vmid| vmids.insert(*vmid));
        if !is_new {
            return false;
        }
    }
    hosts <= 1 && (guests <= 1 || complete == 0)
}
