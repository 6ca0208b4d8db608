//! `nodes/<node>/lxc/<vmid>.conf`: the configuration of a container as PVE holds it after reading the file.
//!
//! Mirrors `parse_pct_config` in pve-container, `PVE/LXC/Config.pm`. Beside the sections stand two lists: what was
//! [`dropped`](Container::dropped), and what is [`odd`](Container::odd): kept although refused, overridden without a word,
//! or not what it looks like. What the container's processes and volumes make of it (id maps) is [`crate::model::idmap`].

pub mod check;
pub mod dump;
pub mod net;
pub mod raw;
pub mod write;

use std::borrow::Cow;
use std::sync::OnceLock;

use bstr::{BString, ByteSlice};
use memchr::memmem;
use rustc_hash::{FxHashMap, FxHashSet};

use crate::model::schema::{self, Flavour, Problem, Props, Reason};
use crate::model::tables::lxc::{self as table, GuestOption, RawKey};
use crate::model::text::decode;
use crate::release::Release;
use crate::syntax::guest::{self, Class, Dialect};
use crate::syntax::property::is_space;
use crate::text::{LineIndex, Span};

/// Key words that PVE's parser uses itself: as an option they overwrite its own structures, and the container can't be
/// used.
const RESERVED: [&[u8]; 4] = [b"digest", b"lxc", b"pending", b"snapshots"];

/// Sections with more options than this get a hash table.
const SMALL: usize = 32;

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
    pub pending: Option<Section<'a>>,
    /// The snapshots, in file order. Of several with one name only the last is here.
    pub snapshots: Vec<Section<'a>>,
    /// What PVE ignored, in file order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE kept or replaced surprisingly, in the order in which PVE meets it.
    pub odd: Vec<Odd<'a>>,
    line_index: OnceLock<LineIndex>,
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
    index: FxHashMap<&'a [u8], usize>,
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
    /// The number behind the name, if there is one (also `0` in `mp00`); huge ones are held as `u32::MAX`.
    pub number: Option<u32>,
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

/// Something PVE ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// The line, without LF.
    pub span: Span,
    /// Where it would have gone.
    pub place: Place<'a>,
    /// Why.
    pub why: Drop<'a>,
}

/// Why a line was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drop<'a> {
    /// It is none of the lines PVE knows.
    Unparsable(Shape<'a>),
    /// It looks like a section header but isn't one. The lines that follow, `swallowed` of them, went into the section
    /// before.
    BadHeader {
        /// Number of non-blank lines up to the next header.
        swallowed: u32,
    },
    /// An `lxc.*` line whose key PVE doesn't hand on to LXC.
    RawUnknown(&'a [u8]),
    /// An `lxc.*` line whose key PVE refuses, with its explanation.
    RawRejected(&'a [u8], &'static str),
    /// `delete:` outside the pending section.
    Delete,
    /// `snapstate:` in the main section; PVE drops it without a word.
    Snapstate,
    /// A description that is just `0`, which is false for Perl; without a word.
    FalseDescription,
}

/// What an unparsable line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// `key:` of an option with nothing behind.
    NoValue(&'a [u8]),
    /// A line that would do without the blanks in front.
    Indented,
    /// A key with upper case letters.
    UpperCase(&'a [u8]),
    /// A key, perhaps blanks, and `=` in place of the colon.
    Equals(&'a [u8]),
    /// Blanks between key and colon.
    BlankBeforeColon(&'a [u8]),
    /// A key that PVE couldn't have, such as `foo-bar`, and a colon.
    BadKey(&'a [u8]),
    /// Anything else.
    Other,
}

/// Something PVE kept or replaced surprisingly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd<'a> {
    /// The bytes concerned.
    pub span: Span,
    /// Where they are.
    pub place: Place<'a>,
    /// The key of the option or `lxc.*` line; empty where there is none.
    pub key: &'a [u8],
    /// What is odd.
    pub why: Why,
}

/// What is odd about something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The value is refused, with a warning, and kept as written.
    Invalid(Box<Problem>),
    /// The release has no such option; kept, with a warning.
    UnknownOption {
        /// The option of this name that another release has.
        elsewhere: Option<&'static str>,
        /// PVE acts on it nevertheless (`net40`).
        acted_on: bool,
        /// What is wrong with its value, if it is acted on.
        problem: Option<Box<Problem>>,
    },
    /// An option that overwrites the parser's own structure.
    Reserved,
    /// API and command line would refuse the value; whoever reads the file doesn't look.
    OutOfBounds(Box<Problem>),
    /// A later line, at the span given here, has the same key.
    Overridden(Span),
    /// A later section, with this header, has the same name: everything in this one is lost.
    SectionReplaced(Span),
    /// An `lxc.*` key under its old name; kept with a warning, refused by LXC.
    RawRenamed(&'static str),
    /// `lxc.limit.*`, now `lxc.prlimit.*`; likewise.
    RawLimit,
    /// `lxc.cgroup.*`; `warned` from 9 on.
    RawLegacyCgroup {
        /// Whether PVE warns.
        warned: bool,
    },
    /// PVE hands it on, and LXC, which doesn't know the key, refuses to start.
    RawUnknownToLxc,
    /// ` #` and what follows is part of the value, not a comment. The span is that part.
    TrailingComment,
    /// Another line was glued to this value, where the file had no line feed. The span is that other line.
    Glued,
    /// A line that ends in `snapstate: ...` counts as that, whatever was in front of it.
    SnapstateSwallows,
    /// `description:` or a `#` line made the description longer than API and command line allow.
    LongDescription,
}

impl<'a> Container<'a> {
    /// Reads `text`, the configuration of container `vmid`, as `release` does. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8], vmid: u64, release: Release) -> Self {
        Parser::new(text, vmid, release).run()
    }

    /// What PVE logs, in its order, each without the final line feed.
    #[must_use]
    pub fn warnings(&self) -> Vec<BString> {
        let dropped = self.dropped.iter().filter_map(|dropped| Some((dropped.span.start, self.log_dropped(dropped)?)));
        let odd = self.odd.iter().filter_map(|odd| Some((odd.span.start, self.log_odd(odd)?)));
        let mut all: Vec<_> = dropped.chain(odd).collect();
        all.sort_by_key(|&(at, _)| at);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// What PVE logs about something dropped; `None` when it says nothing.
    #[must_use]
    pub fn log_dropped(&self, dropped: &Dropped<'a>) -> Option<BString> {
        let line = dropped.span.bytes(self.text);
        let parts: [&[u8]; 3] = match dropped.why {
            Drop::Unparsable(_) | Drop::BadHeader { .. } | Drop::RawUnknown(_) => {
                [b"unable to parse config: ", line, b""]
            }
            Drop::RawRejected(key, why) => [key, b": ", why.as_bytes()],
            Drop::Delete => [b"property 'delete' is only allowed in [pve:pending]", b"", b""],
            Drop::Snapstate | Drop::FalseDescription => return None,
        };
        Some(self.log(&parts))
    }

    /// What PVE logs about something odd; `None` when it says nothing.
    #[must_use]
    pub fn log_odd(&self, odd: &Odd<'a>) -> Option<BString> {
        let key = odd.key;
        Some(match &odd.why {
            Why::Invalid(problem) => self.log(&[b"unable to parse value of '", key, b"' - ", &problem.text]),
            Why::UnknownOption { .. } | Why::Reserved => {
                self.log(&[b"unable to parse value of '", key, b"' - unknown setting '", key, b"'"])
            }
            Why::RawRenamed(new) => self.log(&[key, b" is deprecated and was renamed to ", new.as_bytes()]),
            Why::RawLimit => self.log(&[key, b": lxc.limit.* was renamed to lxc.prlimit.*"]),
            Why::RawLegacyCgroup { warned: true } => {
                self.log(&[key, b" is deprecated, this will be a hard error in the future!"])
            }
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

    /// Whether PVE's strict reading, used for the target of a remote migration, accepts the file.
    #[must_use]
    pub fn is_strictly_valid(&self) -> bool {
        let refuses = |odd: &Odd<'_>| matches!(odd.why, Why::Invalid(_) | Why::UnknownOption { .. } | Why::Reserved);
        !self.dropped.iter().any(|dropped| self.log_dropped(dropped).is_some()) && !self.odd.iter().any(refuses)
    }

    /// All sections: main, pending, snapshots.
    pub fn sections(&self) -> impl Iterator<Item = &Section<'a>> {
        std::iter::once(&self.main).chain(&self.pending).chain(&self.snapshots)
    }

    /// Whether PVE takes the container for an unprivileged one, by the flag alone.
    #[must_use]
    pub fn is_unprivileged(&self) -> bool {
        self.main.get("unprivileged").is_some_and(Opt::is_true)
    }

    /// The number, from 1, of the line in which `span` begins.
    #[must_use]
    pub fn line_number(&self, span: Span) -> usize {
        self.line_index.get_or_init(|| LineIndex::new(self.text)).line_of(span.start) + 1
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
        let odd: FxHashSet<(&[u8], &[u8])> = self
            .odd
            .iter()
            .filter_map(|odd| match odd.place {
                Place::Snapshot(name) => Some((name, odd.key)),
                Place::Main | Place::Pending => None,
            })
            .collect();
        self.snapshots.shrink_to_fit();
        for section in &mut self.snapshots {
            let Place::Snapshot(name) = section.place else { continue };
            let wanted = |option: &Opt<'_>| {
                let links = matches!(option.key, b"parent" | b"snaptime" | b"snapstate");
                links || !option.valid || odd.contains(&(name, option.key))
            };
            // Moved to a place of their own, not shrunk in place, so that the old one is free as a whole.
            let mut kept = Vec::with_capacity(section.options.iter().filter(|option| wanted(option)).count());
            kept.extend(std::mem::take(&mut section.options).into_iter().filter(|option| wanted(option)));
            section.options = kept;
            section.notes = Vec::new();
            section.environment = Vec::new();
            section.index = FxHashMap::default();
            if section.options.len() > SMALL {
                section.index = section.options.iter().enumerate().map(|(at, option)| (option.key, at)).collect();
            }
        }
        self
    }
}

impl<'a> Section<'a> {
    fn new(place: Place<'a>, header: Span) -> Self {
        Self {
            place,
            header,
            options: Vec::new(),
            raw: Vec::new(),
            environment: Vec::new(),
            notes: Vec::new(),
            index: FxHashMap::default(),
        }
    }

    /// The option with this key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Opt<'a>> {
        self.position(key.as_bytes()).and_then(|at| self.options.get(at))
    }

    /// The options `<family><number>`, in any order.
    pub fn family(&self, family: &str) -> impl Iterator<Item = &Opt<'a>> {
        self.options.iter().filter(move |option| option.number.is_some() && option.family() == family.as_bytes())
    }

    /// `rootfs` and every `mpN` whose value PVE can read, in mount order, with what is mounted where.
    #[must_use]
    pub fn mounts(&self) -> Vec<Mount<'_, 'a>> {
        let mut mounts: Vec<_> = self
            .options
            .iter()
            .filter(|option| option.key == b"rootfs" || (option.family() == b"mp" && option.known.is_some()))
            .filter_map(|option| Some(Mount { option, props: option.props.as_ref()? }))
            .collect();
        mounts.sort_by_key(|mount| mount.option.number);
        mounts
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
            text.push_str(&decode(note.text).text);
            if note.newline {
                text.push('\n');
            }
        }
        schema::is_true(text.as_bytes()).then_some(text)
    }

    fn position(&self, key: &[u8]) -> Option<usize> {
        if self.options.len() > SMALL {
            return self.index.get(key).copied();
        }
        self.options.iter().position(|option| option.key == key)
    }

    /// Adds an option or replaces the one with its key, which is handed back.
    fn put(&mut self, option: Opt<'a>) -> Option<Opt<'a>> {
        if let Some(old) = self.position(option.key).and_then(|at| self.options.get_mut(at)) {
            return Some(std::mem::replace(old, option));
        }
        self.options.push(option);
        let len = self.options.len();
        if len == SMALL + 1 {
            self.index = self.options.iter().enumerate().map(|(at, option)| (option.key, at)).collect();
        } else if let Some(last) = self.options.last().filter(|_| len > SMALL) {
            self.index.insert(last.key, len - 1);
        }
        None
    }
}

/// A mount point that PVE can read.
#[derive(Clone, Copy, Debug)]
pub struct Mount<'s, 'a> {
    /// The option: `rootfs` or `mpN`.
    pub option: &'s Opt<'a>,
    /// Its parts.
    pub props: &'s Props<'a>,
}

impl<'a> Mount<'_, 'a> {
    /// What is mounted: a volume id, a device or a directory.
    #[must_use]
    pub fn volume(&self) -> &'a [u8] {
        self.props.value("volume").unwrap_or_default()
    }

    /// Which of these it is.
    #[must_use]
    pub fn kind(&self) -> check::VolumeKind {
        check::VolumeKind::of(self.volume())
    }

    /// Where it is mounted in the container; `/` for the root file system.
    #[must_use]
    pub fn target(&self) -> &'a [u8] {
        if self.option.key == b"rootfs" { b"/" } else { self.props.value("mp").unwrap_or_default() }
    }
}

struct Parser<'a> {
    text: &'a [u8],
    release: Release,
    /// The section being filled.
    section: Section<'a>,
    container: Container<'a>,
    snapshot_names: FxHashMap<&'a [u8], usize>,
    /// The bad header whose following lines are being counted, by its index in `dropped`.
    bad_header: Option<usize>,
    /// Looks for `lxc.`; made once, not for every value.
    raw_finder: memmem::Finder<'static>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], vmid: u64, release: Release) -> Self {
        let main = Section::new(Place::Main, Span::default());
        let container = Container {
            text,
            vmid,
            release,
            main: main.clone(),
            pending: None,
            snapshots: Vec::new(),
            dropped: Vec::new(),
            odd: Vec::new(),
            line_index: OnceLock::new(),
        };
        Self {
            text,
            release,
            section: main,
            container,
            snapshot_names: FxHashMap::default(),
            bad_header: None,
            raw_finder: memmem::Finder::new(b"lxc."),
        }
    }

    fn run(mut self) -> Container<'a> {
        for line in guest::parse(self.text, Dialect::Container) {
            self.line(&line);
        }
        self.close_section();
        self.drop_main_snapstate();
        self.container
    }

    fn line(&mut self, line: &guest::Line<'a>) {
        let body = line.body();
        match line.class {
            Class::Blank => return,
            Class::Pending => return self.open_section(Place::Pending, self.place_of(body)),
            Class::Snapshot(name) => return self.open_section(Place::Snapshot(name), self.place_of(body)),
            _ => {}
        }
        let swallowing = self.bad_header.and_then(|at| self.container.dropped.get_mut(at));
        if let Some(Dropped { why: Drop::BadHeader { swallowed }, .. }) = swallowing {
            *swallowed += 1;
        }
        match line.class {
            Class::Note(text) => self.note(text, true),
            Class::Description(text) => self.note(text, false),
            Class::Raw { key, value } => self.raw(body, key, value),
            Class::Snapstate(state) => self.snapstate(body, state),
            Class::Delete(list) => self.delete(body, list),
            Class::Option { key, value } => self.option(key, value),
            Class::Other => self.other(body),
            Class::Blank | Class::Pending | Class::Snapshot(_) | Class::Special(_) => {}
        }
    }

    fn place_of(&self, part: &[u8]) -> Span {
        Span::of(self.text, part)
    }

    fn drop_line(&mut self, body: &'a [u8], why: Drop<'a>) {
        let dropped = Dropped { span: self.place_of(body), place: self.section.place, why };
        self.container.dropped.push(dropped);
    }

    fn odd(&mut self, span: Span, key: &'a [u8], why: Why) {
        self.container.odd.push(Odd { span, place: self.section.place, key, why });
    }

    fn open_section(&mut self, place: Place<'a>, header: Span) {
        self.close_section();
        self.bad_header = None;
        self.section = Section::new(place, header);
    }

    /// Puts the section where it belongs; one of the same name there is replaced.
    fn close_section(&mut self) {
        self.finish_description();
        let section = std::mem::replace(&mut self.section, Section::new(Place::Main, Span::default()));
        let header = section.header;
        let replaced = match section.place {
            Place::Main => {
                self.container.main = section;
                None
            }
            Place::Pending => self.container.pending.replace(section),
            Place::Snapshot(name) => {
                match self.snapshot_names.get(name).and_then(|&at| self.container.snapshots.get_mut(at)) {
                    Some(old) => Some(std::mem::replace(old, section)),
                    None => {
                        self.snapshot_names.insert(name, self.container.snapshots.len());
                        self.container.snapshots.push(section);
                        None
                    }
                }
            }
        };
        if let Some(old) = replaced {
            let why = Why::SectionReplaced(header);
            self.container.odd.push(Odd { span: old.header, place: old.place, key: b"", why });
        }
    }

    fn finish_description(&mut self) {
        let notes = &self.section.notes;
        let (Some(first), Some(last)) = (notes.first(), notes.last()) else { return };
        let span = first.span.join(last.span);
        let length: usize = notes.iter().map(|note| note.text.len() + 1).sum();
        if notes.iter().all(|note| !note.newline) && self.section.description().is_none() {
            let dropped = Dropped { span, place: self.section.place, why: Drop::FalseDescription };
            self.container.dropped.push(dropped);
        }
        let max = table::single(b"description").and_then(|option| option.property.max_length).unwrap_or(usize::MAX);
        let too_long = length > max && self.section.description().is_some_and(|text| text.chars().count() > max);
        if too_long {
            self.odd(span, b"description", Why::LongDescription);
        }
    }

    fn note(&mut self, text: &'a [u8], newline: bool) {
        let span = self.place_of(text);
        self.section.notes.push(Note { text, span, newline });
    }

    fn raw(&mut self, body: &'a [u8], key: &'a [u8], value: &'a [u8]) {
        let verdict = RawKey::of(key, self.release);
        match verdict {
            RawKey::Unknown => return self.drop_line(body, Drop::RawUnknown(key)),
            RawKey::Rejected(why) => return self.drop_line(body, Drop::RawRejected(key, why)),
            _ => {}
        }
        let raw = Raw { key, key_span: self.place_of(key), value, span: self.place_of(value), verdict };
        match verdict {
            RawKey::Renamed(new) => self.odd(raw.key_span, key, Why::RawRenamed(new)),
            RawKey::Limit => self.odd(raw.key_span, key, Why::RawLimit),
            RawKey::LegacyCgroup => {
                self.odd(raw.key_span, key, Why::RawLegacyCgroup { warned: self.release >= Release::Pve9 });
            }
            _ if !table::lxc_knows(key, self.release) => self.odd(raw.key_span, key, Why::RawUnknownToLxc),
            _ => {}
        }
        self.look_inside(key, value);
        if key == b"lxc.environment.runtime" {
            self.environment(raw);
        } else {
            self.section.raw.push(raw);
        }
    }

    /// Adds a variable to the option `env`, which holds them separated by NUL.
    fn environment(&mut self, raw: Raw<'a>) {
        self.section.environment.push(raw);
        if let Some(env) = self.section.position(b"env").and_then(|at| self.section.options.get_mut(at)) {
            let joined = env.value.to_mut();
            joined.push(0);
            joined.extend_from_slice(raw.value);
            return;
        }
        self.section.put(Opt {
            key: b"env",
            key_span: raw.key_span,
            value: Cow::Borrowed(raw.value),
            span: raw.span,
            known: table::option(b"env", self.release),
            number: None,
            valid: true,
            props: None,
        });
    }

    fn snapstate(&mut self, body: &'a [u8], state: &'a [u8]) {
        if !body.starts_with(b"snapstate:") {
            let span = self.place_of(body);
            self.odd(span, b"snapstate", Why::SnapstateSwallows);
        }
        self.put_own(b"snapstate", state, body);
    }

    fn delete(&mut self, body: &'a [u8], list: &'a [u8]) {
        // PVE compares names only: a snapshot called `pending` passes as well.
        if matches!(self.section.place, Place::Pending | Place::Snapshot(b"pending")) {
            self.put_own(b"delete", list, body);
        } else {
            self.drop_line(body, Drop::Delete);
        }
    }

    /// Stores one of PVE's own keys, which have no description and no check.
    fn put_own(&mut self, key: &'static [u8], value: &'a [u8], body: &'a [u8]) {
        let key_span = if body.starts_with(key) {
            let start = self.place_of(body).start;
            Span { start, end: start + u32::try_from(key.len()).unwrap_or_default() }
        } else {
            self.place_of(body)
        };
        let span = self.place_of(value);
        let value = Cow::Borrowed(value);
        self.put(Opt { key, key_span, value, span, known: None, number: None, valid: true, props: None });
    }

    fn put(&mut self, option: Opt<'a>) {
        let (key, by) = (option.key, option.key_span.join(option.span));
        if let Some(old) = self.section.put(option) {
            self.odd(old.key_span.join(old.span), key, Why::Overridden(by));
        }
    }

    fn option(&mut self, key: &'a [u8], text: &'a [u8]) {
        let key_span = self.place_of(key);
        let span = self.place_of(text);
        let known = table::option(key, self.release);
        let (family, number) = table::split_index(key);
        let number = saturating(number);
        let mut option =
            Opt { key, key_span, value: Cow::Borrowed(text), span, known, number, valid: false, props: None };
        match known {
            Some(known) => self.known_option(known, &mut option, text),
            None if self.section.place == Place::Main && RESERVED.contains(&key) => {
                self.odd(key_span, key, Why::Reserved);
            }
            None => {
                // Whoever uses networks, devices and volumes looks for the name and any number.
                let schema = table::indexed(family)
                    .filter(|indexed| !key.ends_with(family) && indexed.property.known_to(self.release))
                    .and_then(GuestOption::schema);
                let read = schema.map(|schema| schema::parse_props(schema, text, span.start, self.release));
                let (props, problem) = match read {
                    Some(Ok(props)) => (Some(props), None),
                    Some(Err(problem)) => (None, Some(Box::new(problem))),
                    None => (None, None),
                };
                option.props = props;
                let acted_on = schema.is_some() && matches!(family, b"net" | b"dev");
                let elsewhere = Release::ALL.iter().find_map(|&release| table::option(key, release));
                let elsewhere = elsewhere.map(|option| option.property.since_text);
                self.odd(key_span, key, Why::UnknownOption { elsewhere, acted_on, problem });
            }
        }
        self.look_inside(key, text);
        self.put(option);
    }

    fn known_option(&mut self, known: &'static GuestOption, option: &mut Opt<'a>, text: &'a [u8]) {
        let at = option.span.start;
        let checked = match known.schema() {
            None => schema::check(&known.property, text, at, Flavour::Guest, self.release),
            Some(schema) => {
                let read = schema::parse_props(schema, text, at, self.release);
                let line_feed = || schema::check_line_feed(text, at);
                match read {
                    Ok(props) => {
                        option.props = Some(props);
                        line_feed().map(|()| Cow::Borrowed(text))
                    }
                    Err(problem) => line_feed().and(Err(problem)),
                }
            }
        };
        match checked {
            Ok(value) => {
                option.valid = true;
                option.value = value;
                self.bounds(known, option);
            }
            Err(problem) => self.odd(option.span, option.key, Why::Invalid(Box::new(problem))),
        }
    }

    /// What API and command line would refuse, and a reader of the file doesn't notice.
    fn bounds(&mut self, known: &'static GuestOption, option: &Opt<'a>) {
        let property = &known.property;
        let bounded = schema::check_bounds(property, &option.value, option.span);
        let matched = match property.pattern.is_none_or(|matches| matches(&option.value)) {
            true => bounded,
            false => bounded.and(Err(Problem {
                reason: Reason::Pattern,
                span: option.span,
                text: "value does not match the regex pattern".into(),
                parts: Vec::new(),
            })),
        };
        let written_by_pve = |value: &[u8]| {
            property.name == "ostype" && table::OSTYPES_BEYOND_ENUM.iter().any(|known| known.as_bytes() == value)
        };
        if let Err(problem) = matched
            && !written_by_pve(&option.value)
        {
            self.odd(option.span, option.key, Why::OutOfBounds(Box::new(problem)));
        }
    }

    /// Looks for what people don't expect inside a value: comments, and lines that were glued on.
    fn look_inside(&mut self, key: &'a [u8], value: &'a [u8]) {
        let behind_blank = |at: usize| at > 0 && value.get(at - 1).is_some_and(|&b| is_space(b));
        if let Some(at) = memchr::memchr_iter(b'#', value).find(|&at| behind_blank(at)) {
            let span = self.place_of(value.get(at..).unwrap_or_default());
            self.odd(span, key, Why::TrailingComment);
        }
        if let Some(at) = glued_at(value, &self.raw_finder) {
            let span = self.place_of(value.get(at..).unwrap_or_default());
            self.odd(span, key, Why::Glued);
        }
    }

    fn other(&mut self, body: &'a [u8]) {
        if body.trim_ascii_start().starts_with(b"[") {
            self.drop_line(body, Drop::BadHeader { swallowed: 0 });
            self.bad_header = self.container.dropped.len().checked_sub(1);
        } else {
            self.drop_line(body, Drop::Unparsable(shape(body)));
        }
    }

    fn drop_main_snapstate(&mut self) {
        let main = &mut self.container.main;
        if let Some(at) = main.position(b"snapstate") {
            let old = main.options.remove(at);
            if main.options.len() >= SMALL {
                main.index = main.options.iter().enumerate().map(|(at, option)| (option.key, at)).collect();
            }
            let span = old.key_span.join(old.span);
            self.container.dropped.push(Dropped { span, place: Place::Main, why: Drop::Snapstate });
            self.container.dropped.sort_by_key(|dropped| dropped.span.start);
        }
    }
}

/// The number that the digits of a key are; `None` for no digits.
fn saturating(digits: &[u8]) -> Option<u32> {
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty())?;
    Some(digits.parse().unwrap_or(u32::MAX))
}

/// Where, inside a value, another line begins that lost its line feed: `512lxc.idmap: u 0 1 1`, `8Gswap: 0`.
fn glued_at(value: &[u8], raw_finder: &memmem::Finder<'_>) -> Option<usize> {
    let raw = raw_finder.find_iter(value).find(|&at| {
        at > 0
            && value.get(at..).is_some_and(|rest| {
                let key = rest
                    .iter()
                    .take_while(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_' | b'0'..=b'9'))
                    .count();
                rest.get(key..).is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b':' | b'=')))
            })
    });
    let mut colons = memchr::memchr_iter(b':', value).filter(|&at| value.get(at + 1) == Some(&b' '));
    raw.or_else(|| colons.find_map(|colon| glued_option(value, colon)))
}

/// The start of the longest option key that ends at `colon` with something other than a blank in front.
fn glued_option(value: &[u8], colon: usize) -> Option<usize> {
    let key_char = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    let length = value.get(..colon)?.iter().rev().take(16).take_while(|b| key_char(b)).count();
    (colon - length..colon)
        .find(|&start| value.get(start..colon).is_some_and(|key| table::option(key, Release::Pve9).is_some()))
        .filter(|&start| start > 0 && value.get(start - 1).is_some_and(|b| !is_space(*b) && !matches!(b, b'"' | b'\'')))
}

/// What an unparsable line was probably meant to be.
fn shape(body: &[u8]) -> Shape<'_> {
    let trimmed = body.trim_ascii_start();
    if trimmed.len() < body.len() {
        let alone = guest::parse(trimmed, Dialect::Container).next().map(|line| line.class);
        if !matches!(alone, None | Some(Class::Other)) {
            return Shape::Indented;
        }
    }
    let end = trimmed.iter().position(|&b| is_space(b) || matches!(b, b':' | b'=')).unwrap_or(trimmed.len());
    let (key, rest) = trimmed.split_at(end);
    let blanks = rest.iter().take_while(|b| is_space(**b)).count();
    let separator = rest.get(blanks);
    if key.is_empty() {
        return Shape::Other;
    }
    match separator {
        Some(b'=') => Shape::Equals(key),
        Some(b':') if blanks > 0 => Shape::BlankBeforeColon(key),
        Some(b':') if key.iter().any(u8::is_ascii_uppercase) => Shape::UpperCase(key),
        Some(b':') if rest.get(1..).is_some_and(|value| value.trim_ascii().is_empty()) => Shape::NoValue(key),
        Some(b':') => Shape::BadKey(key),
        _ => Shape::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Container<'_> {
        Container::parse(text.as_bytes(), 100, Release::Pve9)
    }

    fn quoted(text: &str, span: Span) -> &str {
        std::str::from_utf8(span.bytes(text.as_bytes())).unwrap()
    }

    #[test]
    fn unparsable_lines_are_told_apart() {
        let text = " memory: 1\nMemory: 1\nmemory=1\nmemory : 1\nmemory:\nfoo-bar: x\nnonsense\n";
        let container = parse(text);
        let shapes: Vec<_> = container.dropped.iter().map(|dropped| dropped.why).collect();
        let unparsable = [
            Shape::Indented,
            Shape::UpperCase(b"Memory"),
            Shape::Equals(b"memory"),
            Shape::BlankBeforeColon(b"memory"),
            Shape::NoValue(b"memory"),
            Shape::BadKey(b"foo-bar"),
            Shape::Other,
        ];
        assert_eq!(shapes, unparsable.map(Drop::Unparsable));
        assert_eq!(quoted(text, container.dropped[1].span), "Memory: 1");
        assert!(container.main.options.is_empty());
    }

    #[test]
    fn a_bad_header_lets_its_lines_flow_on() {
        let container = parse("memory: 1\n[a b]\nmemory: 2\n\n#note\n[snap1]\nmemory: 3\n");
        assert_eq!(container.dropped[0].why, Drop::BadHeader { swallowed: 2 });
        assert_eq!(container.main.get("memory").map(|option| &*option.value), Some(&b"2"[..]));
        assert_eq!(container.main.description().as_deref(), Some("note\n"));
    }

    #[test]
    fn what_is_overridden_is_remembered() {
        let text = "memory: 16\n[s1]\nswap: 0\n[s1]\nmemory: 20\nmemory: 30\n";
        let container = parse(text);
        let odd: Vec<_> = container.odd.iter().map(|odd| (quoted(text, odd.span), &odd.why)).collect();
        assert!(matches!(odd[0], ("memory: 20", Why::Overridden(by)) if quoted(text, *by) == "memory: 30"));
        assert!(matches!(odd[1], ("[s1]", Why::SectionReplaced(by)) if by.start > 10));
        assert_eq!(container.snapshots.len(), 1);
        assert!(container.snapshots[0].get("swap").is_none());
        assert!(container.warnings().is_empty());
    }

    #[test]
    fn surprises_inside_values_are_found() {
        let whys = |text: &'static str| {
            let found: Vec<_> = parse(text).odd.into_iter().map(|odd| (quoted(text, odd.span), odd.why)).collect();
            found
        };
        assert!(whys("mp0: /srv,mp=/srv # x\n").contains(&("# x", Why::TrailingComment)));
        assert!(whys("swap: 512lxc.idmap: u 0 1 1\n").contains(&("lxc.idmap: u 0 1 1", Why::Glued)));
        assert!(whys("rootfs: a1:b,size=8Gswap: 512\n").contains(&("swap: 512", Why::Glued)));
        assert!(whys("entrypoint: sh -c 'memory: 5' a#b\n").is_empty());
        assert!(whys("lxc.kmsg: 0\n").contains(&("lxc.kmsg", Why::RawUnknownToLxc)));
        assert!(whys("x snapstate: delete\n").contains(&("x snapstate: delete", Why::SnapstateSwallows)));
        assert!(whys("lxc: x\n").contains(&("lxc", Why::Reserved)));
    }

    #[test]
    fn limits_that_only_the_api_enforces_are_noted() {
        let reasons = |text| {
            let problem = |odd: Odd<'_>| match odd.why {
                Why::OutOfBounds(problem) => Some(problem.reason),
                _ => None,
            };
            parse(text).odd.into_iter().filter_map(problem).collect::<Vec<_>>()
        };
        assert_eq!(reasons("memory: 1\n"), [Reason::TooSmall]);
        assert_eq!(reasons("tty: 7\n"), [Reason::TooGreat]);
        assert_eq!(reasons("arch: foo\nostype: openeuler\n"), [Reason::Enum]);
        assert_eq!(reasons("env: A-B=1\n"), [Reason::Pattern]);
        assert!(reasons("memory: 16\ncpulimit: 0.5\n").is_empty());
    }

    #[test]
    fn unknown_networks_are_acted_on() {
        let container = parse("net40: bridge=x\nfoo: 1\n");
        let of = |key: &[u8]| container.odd.iter().find(|odd| odd.key == key).map(|odd| &odd.why);
        assert!(matches!(of(b"net40"), Some(Why::UnknownOption { acted_on: true, problem: Some(_), .. })));
        assert!(matches!(of(b"foo"), Some(Why::UnknownOption { acted_on: false, problem: None, elsewhere: None })));
        let old = Container::parse(b"dev0: /dev/x\n", 100, Release::Pve7);
        assert!(matches!(old.odd[0].why, Why::UnknownOption { elsewhere: Some("8.1"), acted_on: false, .. }));
    }

    #[test]
    fn perl_truth_decides_about_descriptions_and_names_about_delete() {
        let container = parse("description: 0\n[pending]\ndelete: memory\n");
        assert_eq!(container.main.description(), None);
        assert_eq!(container.dropped.len(), 1);
        assert_eq!(container.dropped[0].why, Drop::FalseDescription);
        assert_eq!(container.snapshots[0].get("delete").map(|option| &*option.value), Some(&b"memory"[..]));
    }

    #[test]
    fn environment_lines_join_into_one_option() {
        let container = parse("env: A=1\nlxc.environment.runtime: B=2\n");
        assert_eq!(container.main.get("env").map(|option| &*option.value), Some(&b"A=1\0B=2"[..]));
        assert_eq!(container.main.environment.len(), 1);
    }

    #[test]
    fn big_sections_find_their_options() {
        let text: String = (0..200).map(|number| format!("unused{number}: a1:b{number}\n")).collect::<String>()
            + "unused7: a1:x\nsnapstate: delete\nmemory: 512\n";
        let container = parse(&text);
        assert_eq!(container.main.get("unused7").map(|option| &*option.value), Some(&b"a1:x"[..]));
        assert!(container.main.get("memory").is_some() && container.main.get("snapstate").is_none());
        assert_eq!(container.main.options.len(), 201);
    }

    #[test]
    fn mounts_come_in_mount_order() {
        let container = parse("mp10: /a,mp=/b\nmp2: st:v,mp=/c\nmp3: bad\nrootfs: st:r\nmp300: /x,mp=/y\n");
        let mounts: Vec<_> = container.main.mounts().iter().map(|mount| (mount.target(), mount.kind())).collect();
        use check::VolumeKind::{Bind, Volume};
        assert_eq!(mounts, [(&b"/"[..], Volume), (b"/c", Volume), (b"/b", Bind)]);
    }
}
