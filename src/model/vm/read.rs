//! Line by line, as `parse_vm_config` in qemu-server, `PVE/QemuServer.pm`, fills the sections.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{DropReason, Dropped, Note, Opt, Place, Quirk, QuirkKind, Section, Vm, drive};
use crate::model::guest::{shape, snapshot_storages};
use crate::model::schema::{self, Dialect, Kind, Problem};
use crate::model::tables::guest::GuestOption;
use crate::model::tables::qemu as table;
use crate::release::Release;
use crate::syntax::guest::{self, Class};
use crate::text::Span;

/// The VM that `text` describes for `release`.
pub(super) fn read(text: &[u8], vmid: u64, release: Release) -> Vm<'_> {
    Parser::new(text, vmid, release).run()
}

struct Parser<'a> {
    text: &'a [u8],
    release: Release,
    /// The section being filled.
    section: Section<'a>,
    vm: Vm<'a>,
    /// The sections that are named, by what they are and their names.
    places: FxHashMap<(bool, &'a [u8]), usize>,
    /// The section that is skipped, by its index in `dropped`.
    skipped: Option<usize>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], vmid: u64, release: Release) -> Self {
        let main = Section::new(Place::Main, Span::default(), release);
        let section = main.clone();
        let vm = Vm {
            text,
            vmid,
            release,
            main,
            pending: None,
            snapshots: Vec::new(),
            snapshot_storages: Vec::new(),
            special: Vec::new(),
            dropped: Vec::new(),
            quirks: Vec::new(),
            drives: Vec::new(),
            line_index: OnceLock::new(),
        };
        Self { text, release, section, vm, places: FxHashMap::default(), skipped: None }
    }

    fn run(mut self) -> Vm<'a> {
        for line in guest::parse(self.text, guest::Dialect::Vm { hyphens: self.release >= Release::Pve8 }) {
            self.line(&line);
        }
        self.close_section();
        self.drop_main_snapstate();
        self.vm.snapshot_storages = snapshot_storages(&self.vm.snapshots);
        self.vm.drives = drive::drives(&self.vm.main, self.text);
        self.vm
    }

    fn line(&mut self, line: &guest::Line<'a>) {
        let body = line.body();
        match line.class {
            Class::Blank => return,
            Class::Pending => return self.open_section(Place::Pending, self.place_of(body)),
            Class::Snapshot(name) => return self.open_section(Place::Snapshot(name), self.place_of(body)),
            Class::Special(name) => {
                if let Some(name) = self.special(name) {
                    return self.open_section(Place::Special(name), self.place_of(body));
                }
            }
            _ => {}
        }
        if self.release >= Release::Pve8
            && let Some(name) = bracketed(body)
        {
            let span = self.place_of(body);
            self.close_section();
            let dropped = Dropped { span, place: Place::Main, why: DropReason::SkippedSection { name, skipped: 0 } };
            self.vm.dropped.push(dropped);
            self.skipped = self.vm.dropped.len().checked_sub(1);
            return;
        }
        if let Some(at) = self.skipped {
            if let Some(Dropped { why: DropReason::SkippedSection { skipped, .. }, .. }) = self.vm.dropped.get_mut(at) {
                *skipped += 1;
            }
            return;
        }
        match line.class {
            Class::Note(text) => self.note(text, true),
            Class::Description(text) => self.note(text, false),
            Class::Snapstate(state) => self.snapstate(body, state),
            Class::Delete(list) => self.delete(body, list),
            Class::Option { key, value } => self.option(key, value),
            _ => self.drop_line(body, DropReason::Unparsable(shape(body))),
        }
    }

    /// The special section of this name that the release knows; before 8 in any case.
    fn special(&self, name: &[u8]) -> Option<&'static [u8]> {
        match self.release {
            Release::Pve7 => name.eq_ignore_ascii_case(b"cloudinit").then_some(b"cloudinit"),
            _ if name == b"cloudinit" => Some(b"cloudinit"),
            _ => (name == b"fleecing").then_some(b"fleecing"),
        }
    }

    fn place_of(&self, part: &[u8]) -> Span {
        Span::of(self.text, part)
    }

    fn drop_line(&mut self, body: &'a [u8], why: DropReason<'a>) {
        let dropped = Dropped { span: self.place_of(body), place: self.section.place, why };
        self.vm.dropped.push(dropped);
    }

    fn quirk(&mut self, span: Span, key: &'a [u8], why: QuirkKind) {
        self.vm.quirks.push(Quirk { span, place: self.section.place, key, why });
    }

    fn open_section(&mut self, place: Place<'a>, header: Span) {
        if self.skipped.take().is_none() {
            self.close_section();
        }
        self.section = Section::new(place, header, self.release);
    }

    /// Puts the section where it belongs; one of the same name there is replaced.
    fn close_section(&mut self) {
        if self.skipped.is_some() {
            return;
        }
        let empty = Section::new(Place::Main, Span::default(), self.release);
        let mut section = std::mem::replace(&mut self.section, empty);
        section.options.shrink_to_fit();
        let header = section.header;
        let replaced = match section.place {
            Place::Main => {
                self.vm.main = section;
                None
            }
            Place::Pending => self.vm.pending.replace(Box::new(section)).map(|old| *old),
            Place::Snapshot(name) => {
                let next = self.vm.snapshots.len();
                let at = *self.places.entry((false, name)).or_insert(next);
                put_at(&mut self.vm.snapshots, at, section)
            }
            // Before 8, one without a line left nothing behind.
            Place::Special(_) if self.release < Release::Pve8 && section.options.is_empty() => None,
            Place::Special(name) => {
                let next = self.vm.special.len();
                let at = *self.places.entry((true, name)).or_insert(next);
                put_at(&mut self.vm.special, at, section)
            }
        };
        if let Some(old) = replaced {
            let why = QuirkKind::SectionReplaced(header);
            self.vm.quirks.push(Quirk { span: old.header, place: old.place, key: b"", why });
        }
    }

    fn note(&mut self, text: &'a [u8], newline: bool) {
        let span = self.place_of(text);
        self.section.notes.push(Note { text, span, newline });
    }

    fn snapstate(&mut self, body: &'a [u8], state: &'a [u8]) {
        if !body.starts_with(b"snapstate:") {
            let span = self.place_of(body);
            self.quirk(span, b"snapstate", QuirkKind::SnapstateSwallows);
        }
        self.put_own(b"snapstate", state, body);
    }

    fn delete(&mut self, body: &'a [u8], list: &'a [u8]) {
        if self.section.place == Place::Pending {
            self.put_own(b"delete", list, body);
        } else {
            self.drop_line(body, DropReason::Delete);
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
        self.put(Opt { key, key_span, value, span, known: None, valid: true, props: None });
    }

    fn put(&mut self, option: Opt<'a>) {
        let (key, by) = (option.key, option.key_span.join(option.span));
        if let Some(old) = self.section.put(option) {
            self.quirk(old.key_span.join(old.span), key, QuirkKind::Overridden(by));
        }
    }

    fn option(&mut self, key: &'a [u8], text: &'a [u8]) {
        let key_span = self.place_of(key);
        let span = self.place_of(text);
        let mut option = Opt { key, key_span, value: Cow::Borrowed(text), span, known: None, valid: true, props: None };
        match self.section.place {
            Place::Special(b"cloudinit") => return self.put(option),
            Place::Special(_) => return self.fleecing(option),
            _ => {}
        }
        let Some(known) = table::option(key, self.release) else {
            let elsewhere = Release::ALL.iter().find_map(|&release| table::option(key, release));
            let elsewhere = elsewhere.map(|option| option.property.since_text);
            return self.quirk(key_span, key, QuirkKind::UnknownOption { elsewhere, acted_on: false, problem: None });
        };
        option.known = Some(known);
        match self.checked(known, &mut option, text) {
            Ok(()) => {
                if key == b"cdrom" {
                    option.key = b"ide2";
                    option.known = table::option(b"ide2", self.release);
                }
                self.bounds(known, &option);
                self.put(option);
            }
            Err(problem) => self.quirk(span, key, QuirkKind::Invalid(Box::new(problem))),
        }
    }

    fn checked(&self, known: &'static GuestOption, option: &mut Opt<'a>, text: &'a [u8]) -> Result<(), Problem> {
        let at = option.span.start;
        schema::check_line_feed(text, at)?;
        match known.schema() {
            Some(schema) => option.props = Some(schema::parse_props(schema, text, at, self.release)?),
            None => {
                option.value = schema::check(&known.property, text, at, Dialect::Guest, self.release)?;
                let is_plain = known.property.kind == Kind::String && known.property.format.is_none();
                // Quotes around a text without a format are for people; QEMU's own arguments stay as they are.
                if is_plain
                    && option.key != b"args"
                    && let Some(inner) = text.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""))
                {
                    option.value = Cow::Borrowed(inner);
                }
            }
        }
        Ok(())
    }

    /// What API and command line would refuse, and a reader of the file doesn't notice.
    fn bounds(&mut self, known: &'static GuestOption, option: &Opt<'a>) {
        let property = &known.property;
        let bounded = schema::check_bounds(property, &option.value, option.span);
        let matched = match property.pattern.is_none_or(|matches| matches(&option.value)) {
            true => bounded,
            false => bounded.and(Err(schema::no_match(option.span))),
        };
        if let Err(problem) = matched {
            self.quirk(option.span, option.key, QuirkKind::OutOfBounds(Box::new(problem)));
        }
    }

    /// It says something of snapshots only.
    fn drop_main_snapstate(&mut self) {
        if let Some(old) = self.vm.main.remove("snapstate") {
            let span = old.key_span.join(old.span);
            self.vm.dropped.push(Dropped { span, place: Place::Main, why: DropReason::Snapstate });
            self.vm.dropped.sort_by_key(|dropped| dropped.span.start);
        }
    }

    /// `[special:fleecing]` knows one key, a list of volumes.
    fn fleecing(&mut self, option: Opt<'a>) {
        if option.key != b"fleecing-images" {
            let why = QuirkKind::UnknownOption { elsewhere: None, acted_on: false, problem: None };
            return self.quirk(option.key_span, option.key, why);
        }
        match schema::check(&FLEECING, option.span.bytes(self.text), option.span.start, Dialect::Guest, self.release) {
            Ok(_) => self.put(option),
            Err(problem) => self.quirk(option.span, option.key, QuirkKind::Invalid(Box::new(problem))),
        }
    }
}

/// `fleecing-images`: volumes that a backup left behind.
static FLEECING: schema::Property = schema::Property {
    name: "fleecing-images",
    format: Some(schema::Format::List(schema::format::volume_id)),
    ..schema::Property::STRING
};

fn put_at<'a>(sections: &mut Vec<Section<'a>>, at: usize, section: Section<'a>) -> Option<Section<'a>> {
    match sections.get_mut(at) {
        Some(old) => Some(std::mem::replace(old, section)),
        None => {
            sections.push(section);
            None
        }
    }
}

/// What stands in brackets, alone on the line.
fn bracketed(body: &[u8]) -> Option<&[u8]> {
    let end = body.iter().rposition(|&b| !crate::syntax::property::is_space(b)).map_or(0, |last| last + 1);
    body.get(..end)?.strip_prefix(b"[")?.strip_suffix(b"]")
}
