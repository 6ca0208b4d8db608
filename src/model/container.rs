//! `nodes/<node>/lxc/<vmid>.conf`: the configuration of a container as PVE holds it after reading the file.
//!
//! Mirrors `parse_pct_config` in pve-container, `PVE/LXC/Config.pm`. Beside the sections stand two lists: what was
//! [`dropped`](Container::dropped), and what is [`odd`](Container::odd): kept although refused, overridden without a word,
//! or not what it looks like. What the container's processes and volumes make of it (id maps) is [`crate::model::idmap`].

pub mod check;
pub mod dump;
mod mount;
pub mod net;
mod quirks;
pub mod raw;
mod read;
pub mod write;

pub use super::guest::{DropReason, Dropped, Note, Opt, Place, Quirk, QuirkKind, Raw, Section, Shape, SnapshotStorage};
pub use mount::Mount;

use std::sync::OnceLock;

use bstr::ByteSlice;
use rustc_hash::FxHashSet;

use super::guest::Keys;
use crate::release::Release;
use crate::text::{LineIndex, Span};

/// A container's configuration.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    /// The file.
    pub text: &'a [u8],
    /// Its number, from the file's name.
    pub vmid: u64,
    /// The release whose rules were applied.
    pub release: Release,
    /// What the container runs with.
    pub main: Section<'a>,
    /// `[pve:pending]`: what will change at the next start. The last such section; earlier ones are gone.
    pub pending: Option<Box<Section<'a>>>,
    /// The snapshots, in file order. Of several with one name only the last is here.
    pub snapshots: Vec<Section<'a>>,
    /// The storages that snapshots have volumes on, each once.
    pub snapshot_storages: Vec<SnapshotStorage<'a>>,
    /// What PVE ignored, in file order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE kept or replaced surprisingly, in the order in which PVE meets it.
    pub quirks: Vec<Quirk<'a>>,
    line_index: OnceLock<Box<LineIndex>>,
}

impl<'a> Container<'a> {
    /// Reads `text`, the configuration of container `vmid`, as `release` does. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8], vmid: u64, release: Release) -> Self {
        read::read(text, vmid, release)
    }

    /// All sections: main, pending, snapshots.
    pub fn sections(&self) -> impl Iterator<Item = &Section<'a>> {
        std::iter::once(&self.main).chain(self.pending.as_deref()).chain(&self.snapshots)
    }

    /// Whether PVE takes the container for an unprivileged one, by the flag alone.
    #[must_use]
    pub fn is_unprivileged(&self) -> bool {
        self.main.get("unprivileged").is_some_and(Opt::is_true)
    }

    /// The number, from 1, of the line in which `span` begins.
    #[must_use]
    pub fn line_number(&self, span: Span) -> usize {
        self.line_index.get_or_init(|| Box::new(LineIndex::new(self.text))).line_of(span.start) + 1
    }

    /// Whether the last line has no line feed: the next `echo >>` is glued to it.
    #[must_use]
    pub fn lacks_final_newline(&self) -> bool {
        self.text.last().is_some_and(|&last| last != b'\n')
    }

    /// Whether some line ends in CR LF.
    #[must_use]
    pub fn has_carriage_returns(&self) -> bool {
        self.text.contains_str("\r\n")
    }

    /// Lets go of what snapshots hold, but for their names, links and `lxc.*` lines and for what is odd or refused.
    ///
    /// A snapshot is a whole copy of the configuration, and most of a large cluster's text is snapshots: without this, the
    /// models of a full pmxcfs are four times its size.
    #[must_use]
    pub fn without_snapshot_values(mut self) -> Self {
        let quirks: FxHashSet<(&[u8], &[u8])> = self
            .quirks
            .iter()
            .filter_map(|quirk| match quirk.place {
                Place::Snapshot(name) => Some((name, quirk.key)),
                Place::Main | Place::Pending | Place::Special(_) => None,
            })
            .collect();
        self.snapshots.shrink_to_fit();
        for section in &mut self.snapshots {
            let Place::Snapshot(name) = section.place else { continue };
            let wanted = |option: &Opt<'_>| {
                let links = matches!(option.key, b"parent" | b"snaptime" | b"snapstate");
                links || !option.valid || quirks.contains(&(name, option.key))
            };
            // Moved to a place of their own, not shrunk in place, so that the old one is free as a whole.
            let mut kept = Vec::with_capacity(section.options.iter().filter(|option| wanted(option)).count());
            kept.extend(std::mem::take(&mut section.options).into_iter().filter(|option| wanted(option)));
            section.options = kept;
            // Too long ones are found.
            if section.notes.iter().map(|note| note.text.len() + 1).sum::<usize>() <= 8192 {
                section.notes = Vec::new();
            }
            section.environment = Vec::new();
            section.keys = Keys::of(&section.options);
        }
        self
    }
}
