//! What the configurations of containers and VMs have in common: sections of options with a description, snapshots, pending
//! changes, and what PVE dropped or kept surprisingly.
//!
//! Each of the two has a reader of its own ([`crate::model::container`], [`crate::model::vm`]), because PVE has: what is dropped by
//! one is kept by the other.

mod guess;
mod quirks;

pub(super) use guess::{glued_at, shape};
pub use quirks::{DropReason, Dropped, Quirk, QuirkKind, Shape};

use std::borrow::Cow;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::schema::{self, Props};
use crate::model::tables::guest::{GuestOption, split_index};
use crate::model::tables::lxc::RawKey;
use crate::model::text::decode;
use crate::release::Release;
use crate::text::{Located, Span};

/// Which section something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In front of the first header.
    Main,
    /// `[pve:pending]` of a container, `[PENDING]` of a VM.
    Pending,
    /// `[special:<name>]` of a VM.
    Special(&'a [u8]),
    /// `[<name>]`.
    Snapshot(&'a [u8]),
}

/// A section: the main one, the pending one or a snapshot.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Which.
    pub place: Place<'a>,
    /// Its header's line; empty, at 0, for the main section.
    pub header: Span,
    /// Its options, `delete`, `snapstate`, `parent` and `snaptime` included, unknown ones too. Each key once: the last
    /// line wins, at the place of the first.
    pub options: Vec<Opt<'a>>,
    /// Its `lxc.*` lines that PVE keeps, in order; all of them, however often a key occurs.
    pub raw: Vec<Raw<'a>>,
    /// The variables from `lxc.environment.runtime` lines (9), which PVE keeps as the option `env`.
    pub environment: Vec<Raw<'a>>,
    /// The lines that make up its description.
    pub notes: Vec<Note<'a>>,
    pub(super) release: Release,
    pub(super) keys: Keys<'a>,
}

/// One option.
#[derive(Clone, Debug)]
pub struct Opt<'a> {
    /// Its key as written, number included.
    pub key: &'a [u8],
    /// Where the key stands.
    pub key_span: Span,
    /// The value as PVE holds it: booleans are `1` and `0`, integers have no leading zeros; a refused value is kept as
    /// written.
    pub value: Cow<'a, [u8]>,
    /// Where the value stands.
    pub span: Span,
    /// What the release knows about the key; `None` for unknown ones and for PVE's own `delete` and `snapstate`.
    pub known: Option<&'static GuestOption>,
    /// Whether PVE accepts the value. An unknown key's never is.
    pub valid: bool,
    /// The parts of the property string, when it is one and can be read, as PVE's own users of it read it.
    pub props: Option<Props<'a>>,
}

impl<'a> Opt<'a> {
    /// The key without its number: `net` for `net0`.
    #[must_use]
    pub fn family(&self) -> &'a [u8] {
        split_index(self.key).0
    }

    /// The number behind the name, if there is one (also `0` in `mp00`); huge ones are `u32::MAX`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        let digits = std::str::from_utf8(split_index(self.key).1).ok().filter(|digits| !digits.is_empty())?;
        Some(digits.parse().unwrap_or(u32::MAX))
    }

    /// Whether the value is true for Perl, as PVE's code takes even refused booleans.
    #[must_use]
    pub fn is_true(&self) -> bool {
        schema::is_true(&self.value)
    }

    /// The number that Perl takes the value for: its longest numeric beginning, else 0.
    #[must_use]
    pub fn number_value(&self) -> f64 {
        schema::number::prefix(&self.value)
    }
}

/// One `lxc.*` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// The key, with `lxc.`.
    pub key: &'a [u8],
    /// Where the key stands.
    pub key_span: Span,
    /// The value; may be empty.
    pub value: &'a [u8],
    /// Where the value stands.
    pub span: Span,
    /// What PVE thinks of the key.
    pub verdict: RawKey,
}

/// A line of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    /// The text, percent-encoded as in the file.
    pub text: &'a [u8],
    /// Where the text stands.
    pub span: Span,
    /// Whether a line feed follows: after `#` lines, not after `description:`.
    pub newline: bool,
}

/// A storage that a snapshot has volumes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotStorage<'a> {
    /// The name of the first snapshot that does.
    pub snapshot: &'a [u8],
    /// The storage's id.
    pub storage: Located<&'a [u8]>,
}

/// The storages that `snapshots` name, each once, at its first place.
pub(super) fn snapshot_storages<'a>(snapshots: &[Section<'a>]) -> Vec<SnapshotStorage<'a>> {
    let mut found: Vec<SnapshotStorage<'a>> = Vec::new();
    let mut seen: FxHashSet<&[u8]> = FxHashSet::default();
    for section in snapshots {
        let Place::Snapshot(snapshot) = section.place else { continue };
        for props in section.options.iter().filter_map(|option| option.props.as_ref()) {
            let Some(volume) = props.get("volume").or_else(|| props.get("file")) else { continue };
            let Some((storage, _)) = schema::format::volume_id_parts(volume.value) else { continue };
            if seen.insert(storage) {
                let end = volume.span.start + u32::try_from(storage.len()).unwrap_or_default();
                let storage = Located::new(storage, Span { start: volume.span.start, end });
                found.push(SnapshotStorage { snapshot, storage });
            }
        }
    }
    found.shrink_to_fit();
    found
}

impl<'a> Section<'a> {
    pub(super) fn new(place: Place<'a>, header: Span, release: Release) -> Self {
        Self {
            place,
            header,
            options: Vec::new(),
            raw: Vec::new(),
            environment: Vec::new(),
            notes: Vec::new(),
            release,
            keys: Keys::default(),
        }
    }

    /// The option with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Opt<'a>> {
        self.position(key.as_bytes()).and_then(|at| self.options.get(at))
    }

    /// The options `<family><number>`, in any order.
    pub fn family(&self, family: &str) -> impl Iterator<Item = &Opt<'a>> {
        let is_one = move |option: &&Opt<'a>| {
            let number = option.key.strip_prefix(family.as_bytes()).unwrap_or_default();
            !number.is_empty() && number.iter().all(u8::is_ascii_digit)
        };
        self.options.iter().filter(is_one)
    }

    /// The kept `lxc.*` lines with this key.
    pub fn raw_values(&self, key: &str) -> impl Iterator<Item = &Raw<'a>> {
        self.raw.iter().filter(move |raw| raw.key == key.as_bytes())
    }

    /// The description, decoded; `None` when there is none, or one that is false for Perl.
    #[must_use]
    pub fn description(&self) -> Option<String> {
        Some(self.full_description()).filter(|text| schema::is_true(text.as_bytes()))
    }

    /// All lines of the description, decoded.
    #[must_use]
    pub fn full_description(&self) -> String {
        let mut text = String::new();
        for note in &self.notes {
            text.push_str(&decode(note.text, self.release).text);
            if note.newline {
                text.push('\n');
            }
        }
        text
    }

    pub(super) fn position(&self, key: &[u8]) -> Option<usize> {
        self.keys.position(key, &self.options)
    }

    /// Takes the option with this key out.
    pub(super) fn remove(&mut self, key: &str) -> Option<Opt<'a>> {
        let at = self.position(key.as_bytes())?;
        let old = self.options.remove(at);
        self.keys = Keys::of(&self.options);
        Some(old)
    }

    /// Adds an option or replaces the one with its key, which is handed back.
    pub(super) fn put(&mut self, option: Opt<'a>) -> Option<Opt<'a>> {
        if let Some(old) = self.position(option.key).and_then(|at| self.options.get_mut(at)) {
            return Some(std::mem::replace(old, option));
        }
        let key = option.key;
        self.options.push(option);
        self.keys.pushed(key, &self.options);
        None
    }
}

/// Finds options by their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys<'a> {
    /// The bits of all keys. Most keys that rules ask for aren't there, and few of those share a bit with one that is.
    bits: u64,
    /// Where there are more than [`Self::SMALL`]: the place of each.
    index: Option<Box<FxHashMap<&'a [u8], usize>>>,
}

impl<'a> Keys<'a> {
    /// So many are looked through one by one.
    pub(super) const SMALL: usize = 32;

    pub(super) fn of(options: &[Opt<'a>]) -> Self {
        let index = (options.len() > Self::SMALL)
            .then(|| Box::new(options.iter().enumerate().map(|(at, option)| (option.key, at)).collect()));
        Self { bits: options.iter().fold(0, |bits, option| bits | Self::bit(option.key)), index }
    }

    /// Notes `key`, which the last of `options` has.
    fn pushed(&mut self, key: &'a [u8], options: &[Opt<'a>]) {
        self.bits |= Self::bit(key);
        match &mut self.index {
            Some(index) => {
                index.insert(key, options.len() - 1);
            }
            None if options.len() > Self::SMALL => *self = Self::of(options),
            None => {}
        }
    }

    fn position(&self, key: &[u8], options: &[Opt<'a>]) -> Option<usize> {
        if self.bits & Self::bit(key) == 0 {
            return None;
        }
        match &self.index {
            Some(index) => index.get(key).copied(),
            None => options.iter().position(|option| option.key == key),
        }
    }

    /// One of 64, by length, first and last letter.
    fn bit(key: &[u8]) -> u64 {
        let ends = [key.first(), key.last()].map(|byte| byte.copied().map_or(0, usize::from));
        1 << ((key.len() + 5 * ends[0] + 11 * ends[1]) % 64)
    }
}
