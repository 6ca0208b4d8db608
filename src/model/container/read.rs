//! Line by line, as `parse_pct_config` in pve-container, `PVE/LXC/Config.pm`, fills the sections.

use std::borrow::Cow;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{Container, DropReason, Dropped, Keys, Note, Opt, Place, Quirk, QuirkKind, Raw, Section};
use crate::model::guest::{glued_at, shape, snapshot_storages};
use crate::model::schema::{self, Dialect};
use crate::model::tables::guest::GuestOption;
use crate::model::tables::lxc::{self as table, RawKey};
use crate::release::Release;
use crate::syntax::guest::{self, Class};
use crate::syntax::property::is_space;
use crate::text::Span;

/// Key words that PVE's parser uses itself: as an option they overwrite its own structures, and the container can't be
/// used.
const RESERVED: [&[u8]; 4] = [b"digest", b"lxc", b"pending", b"snapshots"];

/// The container that `text` describes for `release`.
pub(super) fn read(text: &[u8], vmid: u64, release: Release) -> Container<'_> {
    Parser::new(text, vmid, release).run()
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
}

impl<'a> Parser<'a> {
    fn new(text: &'a [u8], vmid: u64, release: Release) -> Self {
        let main = Section::new(Place::Main, Span::default(), release);
        let mut section = main.clone();
        section.options.reserve_exact(options_ahead(text));
        let container = Container {
            text,
            vmid,
            release,
            main,
            pending: None,
            snapshots: Vec::new(),
            snapshot_storages: Vec::new(),
            dropped: Vec::new(),
            quirks: Vec::new(),
            line_index: OnceLock::new(),
        };
        Self { text, release, section, container, snapshot_names: FxHashMap::default(), bad_header: None }
    }

    fn run(mut self) -> Container<'a> {
        for line in guest::parse(self.text, guest::Dialect::Container) {
            self.line(&line);
        }
        self.close_section();
        self.drop_main_snapstate();
        self.container.snapshot_storages = snapshot_storages(&self.container.snapshots);
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
        if let Some(Dropped { why: DropReason::BadHeader { swallowed }, .. }) = swallowing {
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

    fn drop_line(&mut self, body: &'a [u8], why: DropReason<'a>) {
        let dropped = Dropped { span: self.place_of(body), place: self.section.place, why };
        self.container.dropped.push(dropped);
    }

    fn quirk(&mut self, span: Span, key: &'a [u8], why: QuirkKind) {
        self.container.quirks.push(Quirk { span, place: self.section.place, key, why });
    }

    fn open_section(&mut self, place: Place<'a>, header: Span) {
        self.close_section();
        self.bad_header = None;
        self.section = Section::new(place, header, self.container.release);
        // A snapshot is a copy of the main section.
        self.section.options.reserve(self.container.main.options.len());
    }

    /// Puts the section where it belongs; one of the same name there is replaced.
    fn close_section(&mut self) {
        self.finish_description();
        let empty = Section::new(Place::Main, Span::default(), self.container.release);
        let mut section = std::mem::replace(&mut self.section, empty);
        section.options.shrink_to_fit();
        section.raw.shrink_to_fit();
        let header = section.header;
        let replaced = match section.place {
            // Containers have none.
            Place::Special(_) => None,
            Place::Main => {
                self.container.main = section;
                None
            }
            Place::Pending => self.container.pending.replace(Box::new(section)).map(|old| *old),
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
            let why = QuirkKind::SectionReplaced(header);
            self.container.quirks.push(Quirk { span: old.header, place: old.place, key: b"", why });
        }
    }

    fn finish_description(&mut self) {
        let notes = &self.section.notes;
        let (Some(first), Some(last)) = (notes.first(), notes.last()) else { return };
        let span = first.span.join(last.span);
        let length: usize = notes.iter().map(|note| note.text.len() + 1).sum();
        if notes.iter().all(|note| !note.newline) && self.section.description().is_none() {
            let dropped = Dropped { span, place: self.section.place, why: DropReason::FalseDescription };
            self.container.dropped.push(dropped);
        }
        let max = table::single(b"description").and_then(|option| option.property.max_length).unwrap_or(usize::MAX);
        let too_long = length > max && self.section.description().is_some_and(|text| text.chars().count() > max);
        if too_long {
            self.quirk(span, b"description", QuirkKind::LongDescription);
        }
    }

    fn note(&mut self, text: &'a [u8], newline: bool) {
        let span = self.place_of(text);
        self.section.notes.push(Note { text, span, newline });
    }

    fn raw(&mut self, body: &'a [u8], key: &'a [u8], value: &'a [u8]) {
        let verdict = RawKey::of(key, self.release);
        match verdict {
            RawKey::Unknown => return self.drop_line(body, DropReason::RawUnknown(key)),
            RawKey::Rejected(why) => return self.drop_line(body, DropReason::RawRejected(key, why)),
            _ => {}
        }
        let raw = Raw { key, key_span: self.place_of(key), value, span: self.place_of(value), verdict };
        match verdict {
            RawKey::Renamed(new) => self.quirk(raw.key_span, key, QuirkKind::RawRenamed(new)),
            RawKey::Limit => self.quirk(raw.key_span, key, QuirkKind::RawLimit),
            RawKey::LegacyCgroup => {
                self.quirk(raw.key_span, key, QuirkKind::RawLegacyCgroup { warned: self.release >= Release::Pve9 });
            }
            _ if !table::lxc_knows(key, self.release) => self.quirk(raw.key_span, key, QuirkKind::RawUnknownToLxc),
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
            valid: true,
            props: None,
        });
    }

    fn snapstate(&mut self, body: &'a [u8], state: &'a [u8]) {
        if !body.starts_with(b"snapstate:") {
            let span = self.place_of(body);
            self.quirk(span, b"snapstate", QuirkKind::SnapstateSwallows);
        }
        self.put_own(b"snapstate", state, body);
    }

    fn delete(&mut self, body: &'a [u8], list: &'a [u8]) {
        // PVE compares names only: a snapshot called `pending` passes as well.
        if matches!(self.section.place, Place::Pending | Place::Snapshot(b"pending")) {
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
        let known = table::option(key, self.release);
        let mut option = Opt { key, key_span, value: Cow::Borrowed(text), span, known, valid: false, props: None };
        match known {
            Some(known) => self.known_option(known, &mut option, text),
            None if self.section.place == Place::Main && RESERVED.contains(&key) => {
                self.quirk(key_span, key, QuirkKind::Reserved);
            }
            None => {
                // Whoever uses networks, devices and volumes looks for the name and any number.
                let family = option.family();
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
                self.quirk(key_span, key, QuirkKind::UnknownOption { elsewhere, acted_on, problem });
            }
        }
        self.look_inside(key, text);
        self.put(option);
    }

    fn known_option(&mut self, known: &'static GuestOption, option: &mut Opt<'a>, text: &'a [u8]) {
        let at = option.span.start;
        let checked = match known.schema() {
            None => schema::check(&known.property, text, at, Dialect::Guest, self.release),
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
            Err(problem) => self.quirk(option.span, option.key, QuirkKind::Invalid(Box::new(problem))),
        }
    }

    /// What API and command line would refuse, and a reader of the file doesn't notice.
    fn bounds(&mut self, known: &'static GuestOption, option: &Opt<'a>) {
        let property = &known.property;
        let bounded = schema::check_bounds(property, &option.value, option.span);
        let matched = match property.pattern.is_none_or(|matches| matches(&option.value)) {
            true => bounded,
            false => bounded.and(Err(schema::no_match(option.span))),
        };
        let written_by_pve = |value: &[u8]| {
            property.name == "ostype" && table::OSTYPES_BEYOND_ENUM.iter().any(|known| known.as_bytes() == value)
        };
        if let Err(problem) = matched
            && !written_by_pve(&option.value)
        {
            self.quirk(option.span, option.key, QuirkKind::OutOfBounds(Box::new(problem)));
        }
    }

    /// Looks for what people don't expect inside a value: comments, and lines that were glued on.
    fn look_inside(&mut self, key: &'a [u8], value: &'a [u8]) {
        let comment = value.windows(2).position(|pair| matches!(pair, [before, b'#'] if is_space(*before)));
        if let Some(at) = comment.map(|blank| blank + 1) {
            let span = self.place_of(value.get(at..).unwrap_or_default());
            self.quirk(span, key, QuirkKind::TrailingComment);
        }
        if let Some(at) = glued_at(value) {
            let span = self.place_of(value.get(at..).unwrap_or_default());
            self.quirk(span, key, QuirkKind::Glued);
        }
    }

    fn other(&mut self, body: &'a [u8]) {
        if body.trim_ascii_start().starts_with(b"[") {
            self.drop_line(body, DropReason::BadHeader { swallowed: 0 });
            self.bad_header = self.container.dropped.len().checked_sub(1);
        } else {
            self.drop_line(body, DropReason::Unparsable(shape(body)));
        }
    }

    fn drop_main_snapstate(&mut self) {
        if let Some(old) = self.container.main.remove("snapstate") {
            let span = old.key_span.join(old.span);
            self.container.dropped.push(Dropped { span, place: Place::Main, why: DropReason::Snapstate });
            self.container.dropped.sort_by_key(|dropped| dropped.span.start);
        }
    }
}

/// How many options the main section has at most, as far as it's worth counting.
fn options_ahead(text: &[u8]) -> usize {
    let main = crate::text::lines(text).take_while(|line| !line.starts_with(b"["));
    main.filter(|line| !line.starts_with(b"#") && !line.starts_with(b"lxc.")).take(Keys::SMALL).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::Shape;
    use crate::model::schema::Reason;

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
        assert_eq!(shapes, unparsable.map(DropReason::Unparsable));
        assert_eq!(quoted(text, container.dropped[1].span), "Memory: 1");
        assert!(container.main.options.is_empty());
    }

    #[test]
    fn a_bad_header_lets_its_lines_flow_on() {
        let container = parse("memory: 1\n[a b]\nmemory: 2\n\n#note\n[snap1]\nmemory: 3\n");
        assert_eq!(container.dropped[0].why, DropReason::BadHeader { swallowed: 2 });
        assert_eq!(container.main.get("memory").map(|option| &*option.value), Some(&b"2"[..]));
        assert_eq!(container.main.description().as_deref(), Some("note\n"));
    }

    #[test]
    fn what_is_overridden_is_remembered() {
        let text = "memory: 16\n[s1]\nswap: 0\n[s1]\nmemory: 20\nmemory: 30\n";
        let container = parse(text);
        let quirks: Vec<_> = container.quirks.iter().map(|quirk| (quoted(text, quirk.span), &quirk.why)).collect();
        assert!(matches!(quirks[0], ("memory: 20", QuirkKind::Overridden(by)) if quoted(text, *by) == "memory: 30"));
        assert!(matches!(quirks[1], ("[s1]", QuirkKind::SectionReplaced(by)) if by.start > 10));
        assert_eq!(container.snapshots.len(), 1);
        assert!(container.snapshots[0].get("swap").is_none());
        assert!(container.warnings().is_empty());
    }

    #[test]
    fn surprises_inside_values_are_found() {
        let whys = |text: &'static str| {
            let found: Vec<_> =
                parse(text).quirks.into_iter().map(|quirk| (quoted(text, quirk.span), quirk.why)).collect();
            found
        };
        assert!(whys("mp0: /srv,mp=/srv # x\n").contains(&("# x", QuirkKind::TrailingComment)));
        assert!(whys("swap: 512lxc.idmap: u 0 1 1\n").contains(&("lxc.idmap: u 0 1 1", QuirkKind::Glued)));
        assert!(whys("rootfs: a1:b,size=8Gswap: 512\n").contains(&("swap: 512", QuirkKind::Glued)));
        assert!(whys("entrypoint: sh -c 'memory: 5' a#b\n").is_empty());
        assert!(whys("lxc.kmsg: 0\n").contains(&("lxc.kmsg", QuirkKind::RawUnknownToLxc)));
        assert!(whys("x snapstate: delete\n").contains(&("x snapstate: delete", QuirkKind::SnapstateSwallows)));
        assert!(whys("lxc: x\n").contains(&("lxc", QuirkKind::Reserved)));
    }

    #[test]
    fn limits_that_only_the_api_enforces_are_noted() {
        let reasons = |text| {
            let problem = |quirk: Quirk<'_>| match quirk.why {
                QuirkKind::OutOfBounds(problem) => Some(problem.reason),
                _ => None,
            };
            parse(text).quirks.into_iter().filter_map(problem).collect::<Vec<_>>()
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
        let of = |key: &[u8]| container.quirks.iter().find(|quirk| quirk.key == key).map(|quirk| &quirk.why);
        assert!(matches!(of(b"net40"), Some(QuirkKind::UnknownOption { acted_on: true, problem: Some(_), .. })));
        assert!(matches!(
            of(b"foo"),
            Some(QuirkKind::UnknownOption { acted_on: false, problem: None, elsewhere: None })
        ));
        let old = Container::parse(b"dev0: /dev/x\n", 100, Release::Pve7);
        assert!(matches!(old.quirks[0].why, QuirkKind::UnknownOption { elsewhere: Some("8.1"), acted_on: false, .. }));
    }

    #[test]
    fn perl_truth_decides_about_descriptions_and_names_about_delete() {
        let container = parse("description: 0\n[pending]\ndelete: memory\n");
        assert_eq!(container.main.description(), None);
        assert_eq!(container.dropped.len(), 1);
        assert_eq!(container.dropped[0].why, DropReason::FalseDescription);
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
}
