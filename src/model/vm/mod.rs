//! `nodes/<node>/qemu-server/<vmid>.conf`: the configuration of a virtual machine as PVE holds it after reading the file.
//!
//! Mirrors `parse_vm_config` in qemu-server, `PVE/QemuServer.pm`. Unlike for containers, a value that is refused is gone: a disk
//! with one bad option isn't there for PVE. What was dropped stands in [`Vm::dropped`] and, where a value is to blame, as
//! [`QuirkKind::Invalid`] in [`Vm::quirks`].

pub mod check;
pub mod drive;
pub mod dump;
mod read;

pub use super::guest::{DropReason, Dropped, Note, Opt, Place, Quirk, QuirkKind, Section, Shape, SnapshotStorage};
pub use drive::Drive;

use std::sync::OnceLock;

use bstr::BString;
use rustc_hash::FxHashSet;

use super::guest::Keys;
use crate::release::Release;
use crate::text::{LineIndex, Located, Span};

/// A virtual machine's configuration.
#[derive(Clone, Debug)]
pub struct Vm<'a> {
    /// The file.
    pub text: &'a [u8],
    /// Its number, from the file's name.
    pub vmid: u64,
    /// The release whose rules were applied.
    pub release: Release,
    /// What the VM runs with.
    pub main: Section<'a>,
    /// `[PENDING]`: what will change at the next start. The last such section; earlier ones are gone.
    pub pending: Option<Box<Section<'a>>>,
    /// The snapshots, in file order. Of several with one name only the last is here.
    pub snapshots: Vec<Section<'a>>,
    /// `[special:...]`: state that PVE keeps beside the options.
    pub special: Vec<Section<'a>>,
    /// The storages that snapshots have volumes on, each once.
    pub snapshot_storages: Vec<SnapshotStorage<'a>>,
    /// What PVE ignored, in file order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE refused or replaced, in the order in which PVE meets it.
    pub quirks: Vec<Quirk<'a>>,
    /// The drives of the main section.
    pub drives: Vec<Drive<'a>>,
    line_index: OnceLock<Box<LineIndex>>,
}

impl<'a> Vm<'a> {
    /// Reads `text`, the configuration of VM `vmid`, as `release` does. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8], vmid: u64, release: Release) -> Self {
        read::read(text, vmid, release)
    }

    /// All sections with options of a guest: main, pending, snapshots.
    pub fn sections(&self) -> impl Iterator<Item = &Section<'a>> {
        std::iter::once(&self.main).chain(self.pending.as_deref()).chain(&self.snapshots)
    }

    /// Lets go of what snapshots hold, but for their names and links, the machine and memory that they were made with, and what is
    /// odd: a snapshot is a whole copy of the configuration, and most of a large cluster's text is snapshots.
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
                let kept = [&b"parent"[..], b"snaptime", b"snapstate", b"vmstate", b"machine", b"runningmachine"];
                let refused =
                    || option.props.as_ref().is_some_and(|props| drive::attach(option.family(), props).is_err());
                kept.contains(&option.key)
                    || quirks.contains(&(name, option.key))
                    || (drive::is_drive(option.family()) && refused())
            };
            // Moved to a place of their own, not shrunk in place, so that the old one is free as a whole.
            let mut kept = Vec::with_capacity(section.options.iter().filter(|option| wanted(option)).count());
            kept.extend(std::mem::take(&mut section.options).into_iter().filter(|option| wanted(option)));
            section.options = kept;
            if section.notes.iter().map(|note| note.text.len() + 1).sum::<usize>() <= 8192 {
                section.notes = Vec::new();
            }
            section.keys = Keys::of(&section.options);
        }
        self
    }

    /// Whether it is a template, which never starts.
    #[must_use]
    pub fn is_template(&self) -> bool {
        self.main.get("template").is_some_and(Opt::is_true)
    }

    /// Whether it starts with its node.
    #[must_use]
    pub fn starts_with_node(&self) -> bool {
        self.main.get("onboot").is_some_and(Opt::is_true)
    }

    /// The `lock` option.
    #[must_use]
    pub fn lock(&self) -> Option<Located<&[u8]>> {
        self.main.get("lock").map(|lock| Located::new(&*lock.value, lock.span))
    }

    /// The drive of the main section with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Drive<'a>> {
        self.drives.iter().find(|drive| drive.key == key.as_bytes())
    }

    /// The number, from 1, of the line in which `span` begins.
    #[must_use]
    pub fn line_number(&self, span: Span) -> usize {
        self.line_index.get_or_init(|| Box::new(LineIndex::new(self.text))).line_of(span.start) + 1
    }

    /// What PVE logs, in its order, each without the final line feed.
    #[must_use]
    pub fn warnings(&self) -> Vec<BString> {
        let dropped = self.dropped.iter().filter_map(|dropped| Some((dropped.span.start, self.log_dropped(dropped)?)));
        let quirk = self.quirks.iter().filter_map(|quirk| Some((self.at(quirk), self.log_quirk(quirk)?)));
        let mut all: Vec<_> = dropped.chain(quirk).collect();
        all.sort_by_key(|&(at, _)| at);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// Where PVE notices a quirk: a section that is replaced, at the header of the later one.
    fn at(&self, quirk: &Quirk<'a>) -> u32 {
        match quirk.why {
            QuirkKind::SectionReplaced(by) => by.start,
            _ => quirk.span.start,
        }
    }

    /// What PVE logs about something dropped; `None` when it says nothing.
    #[must_use]
    pub fn log_dropped(&self, dropped: &Dropped<'a>) -> Option<BString> {
        let line = dropped.span.bytes(self.text);
        let parts: [&[u8]; 3] = match dropped.why {
            DropReason::SkippedSection { name, .. } => [b"skipping unknown section: '", name, b"'"],
            DropReason::Delete => [b"property 'delete' is only allowed in [PENDING]", b"", b""],
            DropReason::Snapstate | DropReason::FalseDescription => return None,
            _ => [b"unable to parse config: ", line, b""],
        };
        Some(self.log(&parts))
    }

    /// What PVE logs about a quirk; `None` when it says nothing.
    #[must_use]
    pub fn log_quirk(&self, quirk: &Quirk<'a>) -> Option<BString> {
        let key = quirk.key;
        Some(match &quirk.why {
            QuirkKind::Invalid(problem) => self.log(&[b"unable to parse value of '", key, b"' - ", &problem.text]),
            QuirkKind::UnknownOption { .. } => {
                self.log(&[b"unable to parse value of '", key, b"' - unknown setting '", key, b"'"])
            }
            QuirkKind::SectionReplaced(_) if self.release >= Release::Pve8 => match quirk.place {
                Place::Pending => self.log(&[b"duplicate section: pending"]),
                Place::Snapshot(name) => self.log(&[b"duplicate snapshot section: ", name]),
                Place::Special(name) => self.log(&[b"duplicate special section: ", name]),
                Place::Main => return None,
            },
            _ => return None,
        })
    }

    fn log(&self, parts: &[&[u8]]) -> BString {
        let mut text = BString::from(format!("vm {} - ", self.vmid));
        for part in parts {
            text.extend_from_slice(part);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_of_the_main_section_are_found() {
        let text = b"boot: order=scsi0\nscsi0: local-lvm:vm-1-disk-0,size=8G\nide2: media=cdrom,file=none\n\
                     scsi0: tank:vm-1-disk-1\nscsi31: a:b\nunused0: volume=tank:vm-1-disk-2\nlock: backup\n\
                     template: 1\nonboot: no\n[PENDING]\nsata0: x1:y\n[snap1]\nonboot: 1\n\nsata1: x1:y\n";
        let machine = Vm::parse(text, 1, Release::Pve9);
        let keys: Vec<_> = machine.drives.iter().map(|drive| drive.key).collect();
        assert_eq!(keys, [&b"scsi0"[..], b"ide2", b"unused0"]);
        let disk = machine.get("scsi0").and_then(Drive::volume);
        assert_eq!(disk, Some((&b"tank"[..], &b"vm-1-disk-1"[..])));
        assert!(machine.get("ide2").is_some_and(|drive| drive.is_cdrom && drive.volume().is_none()));
        assert_eq!(machine.lock().map(|lock| lock.value), Some(&b"backup"[..]));
        assert_eq!(machine.snapshots.len(), 1);
        assert!(machine.is_template() && !machine.starts_with_node());
    }

    #[test]
    fn a_bad_header_ended_nothing_before_8() {
        let text = b"[a b]\nscsi0: x1:y\n";
        assert_eq!(Vm::parse(text, 1, Release::Pve7).drives.len(), 1);
        let later = Vm::parse(text, 1, Release::Pve9);
        assert_eq!(later.drives.len(), 0);
        assert_eq!(
            later.dropped.first().map(|one| one.why),
            Some(DropReason::SkippedSection { name: b"a b", skipped: 1 })
        );
    }

    #[test]
    fn a_refused_value_is_gone_and_leaves_the_earlier_one() {
        let machine = Vm::parse(b"scsi0: x1:y\nscsi0: x1:y,foo=1\nname: a_b\n", 1, Release::Pve9);
        assert_eq!(machine.drives.len(), 1);
        assert!(machine.main.get("name").is_none());
        assert_eq!(machine.quirks.iter().filter(|quirk| matches!(quirk.why, QuirkKind::Invalid(_))).count(), 2);
    }
}
