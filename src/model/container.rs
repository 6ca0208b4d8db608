//! `nodes/<node>/lxc/<vmid>.conf`: the configuration of a container as PVE holds it after reading the file.
//!
//! Mirrors `parse_pct_config` in pve-container, `PVE/LXC/Config.pm`. Beside the sections stand two lists: what was
//! [`dropped`](Container::dropped), and what is [`odd`](Container::odd): kept although refused, overridden without a word,
//! or not what it looks like. What the container's processes and volumes make of it (id maps) is [`crate::model::idmap`].

pub mod check;
pub mod dump;
mod guess;
mod mount;
pub mod net;
mod quirks;
pub mod raw;
mod read;
pub mod write;

pub use mount::Mount;
pub use quirks::{DropReason, Dropped, Quirk, QuirkKind, Shape};

use std::borrow::Cow;
use std::sync::OnceLock;

use bstr::ByteSlice;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::schema::{self, Props};
use crate::model::tables::lxc::{self as table, GuestOption, RawKey};
use crate::model::text::decode;
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
    /// What PVE ignored, in file order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE kept or replaced surprisingly, in the order in which PVE meets it.
    pub quirks: Vec<Quirk<'a>>,
    line_index: OnceLock<Box<LineIndex>>,
}

/// Which section something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place<'a> {
    /// In front of the first header.
    Main,
    /// `[pve:pending]`.
    Pending,
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
    release: Release,
    keys: Keys<'a>,
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
        table::split_index(self.key).0
    }

    /// The number behind the name, if there is one (also `0` in `mp00`); huge ones are `u32::MAX`.
    #[must_use]
    pub fn number(&self) -> Option<u32> {
        let digits = std::str::from_utf8(table::split_index(self.key).1).ok().filter(|digits| !digits.is_empty())?;
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
                Place::Main | Place::Pending => None,
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
            section.notes = Vec::new();
            section.environment = Vec::new();
            section.keys = Keys::of(&section.options);
        }
        self
    }
}

impl<'a> Section<'a> {
    fn new(place: Place<'a>, header: Span, release: Release) -> Self {
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
        let mut text = String::new();
        for note in &self.notes {
            text.push_str(&decode(note.text, self.release).text);
            if note.newline {
                text.push('\n');
            }
        }
        schema::is_true(text.as_bytes()).then_some(text)
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        self.keys.position(key, &self.options)
    }

    /// Adds an option or replaces the one with its key, which is handed back.
    fn put(&mut self, option: Opt<'a>) -> Option<Opt<'a>> {
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
struct Keys<'a> {
    /// The bits of all keys. Most keys that rules ask for aren't there, and few of those share a bit with one that is.
    bits: u64,
    /// Where there are more than [`Self::SMALL`]: the place of each.
    index: Option<Box<FxHashMap<&'a [u8], usize>>>,
}

impl<'a> Keys<'a> {
    /// So many are looked through one by one.
    const SMALL: usize = 32;

    fn of(options: &[Opt<'a>]) -> Self {
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
