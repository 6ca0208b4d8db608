//! From sections to storages: `parse_config`, `check_config` and `decode_value`, in PVE's order.

use std::borrow::Cow;

use bstr::{BStr, ByteSlice};
use rustc_hash::FxHashMap;

use super::format::dir_override_parts;
use super::{
    Absent, By, Content, ContentDir, Dropped, Ghost, HeaderFault, LOCAL, LostHeader, Outcome, Owner, Property, Quirk,
    QuirkKind, Reason, Refusal, Section, Separator, StorageCfg, bstr_cow,
};
use crate::model::schema::{self, Dialect, Kind, format};
use crate::model::tables::storage::{self as tables, ContentKind, ContentSet, Need, StorageType};
use crate::release::Release;
use crate::syntax::section::{self, Document, Line, Role, Shape, is_space, typed_header};
use crate::text::{Located, Span};

impl<'a> StorageCfg<'a> {
    /// Reads a `storage.cfg`. An absent file is an empty one. Never fails.
    #[must_use]
    pub fn parse(text: &'a [u8], release: Release) -> Self {
        let document = Document::parse(text, typed_header);
        let mut reader = Reader {
            release,
            document: &document,
            sections: Vec::with_capacity(document.sections.len()),
            dropped: Vec::new(),
            quirks: Vec::new(),
            order: 0,
        };
        reader.note_encoding(text);
        reader.read();
        let Reader { sections, dropped, quirks, .. } = reader;
        let mut cfg = Self {
            release,
            text,
            sections,
            implicit_local: None,
            dropped,
            quirks,
            effective: FxHashMap::default(),
            document,
        };
        cfg.resolve_overrides();
        cfg
    }

    /// Finds the sections in effect and puts `local` right, as the end of pve-storage's `parse_config` does.
    fn resolve_overrides(&mut self) {
        let mut twins: FxHashMap<Vec<u8>, Located<&'a BStr>> = FxHashMap::default();
        for at in 0..self.sections.len() {
            let Some(section) = self.sections.get(at).filter(|section| section.order > 0) else { continue };
            let id = section.id;
            if let Some(earlier) = self.effective.insert(id.value, at) {
                self.override_section(earlier, By::Section(at));
            }
            let twin = twins.entry(id.value.to_ascii_lowercase()).or_insert(id);
            if twin.value != id.value {
                self.quirks.push(Quirk { span: id.span, section: Some(at), kind: QuirkKind::CaseTwin(*twin) });
            }
        }
        let local = self.effective.get(LOCAL.as_bytes()).copied();
        if local.and_then(|local| self.sections.get(local)).is_some_and(is_proper_local) {
            let Some((at, section)) = local.and_then(|at| Some((at, self.sections.get_mut(at)?))) else { return };
            section.nodes = None;
            if let Some(nodes) = section.property("nodes") {
                self.quirks.push(Quirk { span: nodes.line, section: Some(at), kind: QuirkKind::LocalNodes });
            }
        } else {
            if let Some(at) = self.effective.remove(LOCAL.as_bytes()) {
                self.override_section(at, By::ImplicitLocal);
            }
            self.implicit_local = Some(implicit_local());
        }
    }

    fn override_section(&mut self, at: usize, by: By) {
        if let Some(section) = self.sections.get_mut(at) {
            section.overridden = Some(by);
            self.quirks.push(Quirk { span: section.header, section: Some(at), kind: QuirkKind::Overridden(by) });
        }
    }
}

fn is_proper_local(section: &Section<'_>) -> bool {
    section.outcome == Outcome::Ok
        && section.type_name() == tables::LOCAL_TYPE
        && section.value("path").is_none_or(|path| path == tables::LOCAL_PATH)
}

fn implicit_local<'a>() -> Section<'a> {
    let nowhere = Span::default();
    let property = |key: &'static str, value: &'static str| Property {
        key: Located::new(BStr::new(key), nowhere),
        raw: Some(BStr::new(value)),
        value: Located::new(Cow::Borrowed(BStr::new(value)), nowhere),
        line: nowhere,
        adopted_from: None,
    };
    Section {
        kind: Located::new(BStr::new(tables::LOCAL_TYPE), nowhere),
        storage_type: tables::storage_type_any(tables::LOCAL_TYPE.as_bytes()),
        id: Located::new(BStr::new(LOCAL), nowhere),
        header: nowhere,
        span: nowhere,
        outcome: Outcome::Ok,
        overridden: None,
        order: 0,
        properties: vec![property("path", tables::LOCAL_PATH), property("prune-backups", tables::LOCAL_PRUNE)],
        content: Content { kinds: tables::LOCAL_CONTENT, items: Vec::new(), explicit: false },
        nodes: None,
        content_dirs: Vec::new(),
    }
}

struct Reader<'d, 'a> {
    release: Release,
    document: &'d Document<'a>,
    sections: Vec<Section<'a>>,
    dropped: Vec<Dropped<'a>>,
    quirks: Vec<Quirk<'a>>,
    order: u32,
}

/// A line's number as PVE counts.
fn number(index: usize) -> u32 {
    Span::new(index + 1, index + 1).start
}

impl<'a> Reader<'_, 'a> {
    fn note_encoding(&mut self, text: &[u8]) {
        if text.starts_with(b"\xef\xbb\xbf") {
            self.quirks.push(Quirk { span: Span::new(0, 3), section: None, kind: QuirkKind::ByteOrderMark });
        }
        let mut ends = memchr::memmem::find_iter(text, b"\r\n");
        if let Some(first) = ends.next() {
            let kind = QuirkKind::DosLineEnds { lines: ends.count() + 1 };
            self.quirks.push(Quirk { span: Span::new(first, first + 2), section: None, kind });
        }
    }

    fn read(&mut self) {
        let document = self.document;
        let mut next = 0;
        let mut owner = Owner::None;
        for section in &document.sections {
            self.between(next..section.first, owner);
            let at = self.sections.len();
            self.section(section, at);
            owner = Owner::Section(at);
            next = section.end;
        }
        self.between(next..document.lines.len(), owner);
    }

    /// The lines between two sections.
    fn between(&mut self, range: std::ops::Range<usize>, mut owner: Owner) {
        let document = self.document;
        for (at, line) in document.lines.iter().enumerate().take(range.end).skip(range.start) {
            let Role::Ignored(shape) = line.role else { continue };
            let reason = Reason::Line(shape);
            let lost_header = lost_header(shape).is_some();
            let owner_of_line = if lost_header { Owner::None } else { owner };
            self.dropped.push(Dropped {
                span: line.text_span(),
                line: number(at),
                section: None,
                owner: owner_of_line,
                reason,
            });
            if lost_header {
                owner = Owner::Line(at);
            }
        }
    }

    fn section(&mut self, syntax: &section::Section<'a>, at: usize) {
        let document = self.document;
        let Some(header) = document.lines.get(syntax.first) else { return };
        let kind = syntax.header.kind;
        let id = syntax.header.id;
        let storage_type = tables::storage_type(&lower(kind), self.release);
        let absent = if !format::is_storage_id(id) {
            Some(Absent::BadId)
        } else if kind == b"0" {
            Some(Absent::NoType)
        } else if storage_type.is_none() {
            Some(Absent::UnknownType)
        } else {
            None
        };
        let last = document.lines.get(syntax.end.saturating_sub(1)).unwrap_or(header);
        self.sections.push(Section {
            kind: Located::new(BStr::new(kind), header.place(kind)),
            storage_type,
            id: Located::new(BStr::new(id), header.place(id)),
            header: header.text_span(),
            span: header.span.join(last.span),
            outcome: absent.map_or(Outcome::Ok, Outcome::Absent),
            overridden: None,
            order: 0,
            properties: Vec::new(),
            content: Content::default(),
            nodes: None,
            content_dirs: Vec::new(),
        });
        if let Some(absent) = absent {
            let span = match absent {
                Absent::BadId => header.place(id),
                Absent::NoType | Absent::UnknownType => header.place(kind),
            };
            let reason = Reason::Section(absent);
            let (line, owner) = (number(syntax.first), Owner::Section(at));
            self.dropped.push(Dropped { span, line, section: Some(at), owner, reason });
        }
        let mut body = Body { at, adopter: None, separator: Separator::Nothing, last: syntax.first };
        for (offset, line) in document.body(syntax).iter().enumerate() {
            self.body_line(&mut body, line, syntax.first + 1 + offset, storage_type.filter(|_| absent.is_none()));
        }
        if let Some(storage_type) = storage_type.filter(|_| absent.is_none()) {
            self.order += 1;
            self.finish(storage_type, at, body.last);
        }
    }

    /// A line of a section; without a type, PVE swallows it silently.
    fn body_line(
        &mut self,
        body: &mut Body,
        line: &Line<'a>,
        index: usize,
        storage_type: Option<&'static StorageType>,
    ) {
        let separator = std::mem::replace(&mut body.separator, Separator::Nothing);
        match line.role {
            // Neither occurs inside a section.
            Role::Empty | Role::Header(_) => return,
            Role::Comment => {
                body.separator = if separator == Separator::Nothing { Separator::Comment } else { separator };
                return;
            }
            Role::Ignored(Shape::Blank) => {
                let carriage_return = separator == Separator::CarriageReturn || line.text.contains(&b'\r');
                body.separator = if carriage_return { Separator::CarriageReturn } else { Separator::Blanks };
            }
            Role::Ignored(Shape::Header(header)) => {
                let kind = QuirkKind::SwallowedHeader { header, line: index, separator };
                self.quirks.push(Quirk { span: line.text_span(), section: Some(body.at), kind });
                body.adopter = Some(index);
            }
            Role::Ignored(_) | Role::Property(_) => {}
        }
        body.last = index;
        let Some(storage_type) = storage_type else { return };
        let owner = body.adopter.filter(|&adopter| adopter != index).map_or(Owner::Section(body.at), Owner::Line);
        match line.role {
            Role::Property(property) => self.property(body, line, property, index, storage_type),
            Role::Ignored(shape) => self.dropped.push(Dropped {
                span: line.text_span(),
                line: number(index),
                section: Some(body.at),
                owner,
                reason: Reason::Line(shape),
            }),
            Role::Comment | Role::Empty | Role::Header(_) => {}
        }
    }

    fn property(
        &mut self,
        body: &Body,
        line: &Line<'a>,
        property: section::Property<'a>,
        index: usize,
        storage_type: &'static StorageType,
    ) {
        let release = self.release;
        let Some(section) = self.sections.get_mut(body.at) else { return };
        let key = Located::new(BStr::new(property.key), line.place(property.key));
        let raw = property.value.map(|value| Located::new(BStr::new(value), line.place(value)));
        let span = raw.map_or(Span { start: key.span.end, end: key.span.end }, |raw| raw.span);
        match accept(section, storage_type, property, span, release) {
            Ok(value) => {
                if let Some(header) = body.adopter {
                    let kind = QuirkKind::Adopted { property: section.properties.len(), line: header };
                    self.quirks.push(Quirk { span: line.text_span(), section: Some(body.at), kind });
                }
                section.properties.push(Property {
                    key,
                    raw: raw.map(|raw| raw.value),
                    value: Located::new(value, span),
                    line: line.text_span(),
                    adopted_from: body.adopter,
                });
            }
            Err(refusal) => self.dropped.push(Dropped {
                span: match &refusal {
                    Refusal::Unknown | Refusal::Foreign | Refusal::NoValue => key.span,
                    Refusal::Duplicate(_) => line.text_span(),
                    Refusal::Invalid(problem) => problem.span,
                },
                line: number(index),
                section: Some(body.at),
                owner: body.adopter.map_or(Owner::Section(body.at), Owner::Line),
                reason: Reason::Property { key, value: raw, refusal },
            }),
        }
    }

    /// What PVE does when a section is complete.
    fn finish(&mut self, storage_type: &'static StorageType, at: usize, last: usize) {
        let order = self.order;
        let Some(section) = self.sections.get_mut(at) else { return };
        let mut decoder = Decoder {
            release: self.release,
            storage_type,
            at,
            line: number(last),
            section,
            dropped: &mut self.dropped,
            quirks: &mut self.quirks,
        };
        let checked = decoder.decode().and_then(|()| decoder.complete());
        section.order = order;
        match checked {
            Ok(()) => self.note_secrets(storage_type, at),
            Err(ghost) => {
                let span = match &ghost {
                    Ghost::Missing(_) => section.header,
                    Ghost::IllegalPath(span) | Ghost::NoneMixed(span) | Ghost::NoContent(span) => *span,
                };
                section.outcome = Outcome::Ghost(ghost.clone());
                let (line, owner) = (number(last), Owner::Section(at));
                let reason = Reason::Ghost(ghost);
                self.dropped.push(Dropped { span, line, section: Some(at), owner, reason });
                self.note_secrets(storage_type, at);
            }
        }
    }

    fn note_secrets(&mut self, storage_type: &'static StorageType, at: usize) {
        let Some(section) = self.sections.get(at) else { return };
        for (index, property) in section.properties.iter().enumerate() {
            let key: &[u8] = property.key.value;
            let value: &[u8] = &property.value.value;
            let harmless = match key {
                // What the API leaves behind in place of the key.
                b"encryption-key" => {
                    value == b"1" || super::format::is_fingerprint(value) || is_short_fingerprint(value)
                }
                b"master-pubkey" => value == b"1",
                _ => false,
            };
            if !harmless && storage_type.sensitive.iter().any(|name| name.as_bytes() == key) {
                let kind = QuirkKind::Secret { property: index };
                self.quirks.push(Quirk { span: property.line, section: Some(at), kind });
            }
            if key == b"options" {
                let secret = |option: &super::MountOption<'_>| {
                    matches!(&**option.key, b"password" | b"pass" | b"password2" | b"secret") && option.value.is_some()
                };
                for option in section.mount_options().filter(secret) {
                    let kind = QuirkKind::Secret { property: index };
                    self.quirks.push(Quirk { span: option.span, section: Some(at), kind });
                }
            }
        }
    }
}

/// Hexadecimal octets joined by colons, as PBS shows fingerprints of keys; they may be abbreviated.
fn is_short_fingerprint(text: &[u8]) -> bool {
    text.split(|&b| b == b':').all(|octet| octet.len() == 2 && octet.iter().all(u8::is_ascii_hexdigit))
        && text.len() >= 23
}

/// Where the reader is within a section's body.
struct Body {
    /// The section's index.
    at: usize,
    /// The last header that was swallowed.
    adopter: Option<usize>,
    /// What came since the last line that says something.
    separator: Separator,
    /// The last line PVE looked at.
    last: usize,
}

fn lower(kind: &[u8]) -> Cow<'_, [u8]> {
    if kind.iter().any(u8::is_ascii_uppercase) { Cow::Owned(kind.to_ascii_lowercase()) } else { Cow::Borrowed(kind) }
}

/// An ignored line that is a header for people: `nfs : x`, `  nfs: x`, `nfs: x # y`, `nfs x`.
pub(super) fn lost_header(shape: Shape<'_>) -> Option<LostHeader<'_>> {
    let (property, indented) = match shape {
        Shape::Blank => return None,
        Shape::Header(header) => {
            let (kind, id) = (BStr::new(header.kind), BStr::new(header.id));
            return Some(LostHeader { kind, id, fault: HeaderFault::Indented });
        }
        Shape::Property(property) => (property, true),
        Shape::Text(property) => (property, false),
    };
    let behind = property.value.unwrap_or_default();
    let mut words = behind.split(|&b| is_space(b)).filter(|word| !word.is_empty());
    let (kind, id, fault) = match memchr::memchr(b':', property.key).and_then(|at| property.key.split_at_checked(at)) {
        Some((kind, b":")) => (kind, words.next().unwrap_or_default(), HeaderFault::TextBehind),
        Some((kind, id)) => (kind, id.get(1..).unwrap_or_default(), HeaderFault::TextBehind),
        None if behind.starts_with(b":") => {
            let id = words.next().and_then(|word| word.get(1..)).filter(|id| !id.is_empty()).or_else(|| words.next());
            (property.key, id.unwrap_or_default(), HeaderFault::BlankBeforeColon)
        }
        None => (property.key, words.next().unwrap_or_default(), HeaderFault::NoColon),
    };
    let colon_last = property.key.ends_with(b":");
    let is_header = match fault {
        HeaderFault::NoColon | HeaderFault::BlankBeforeColon if indented => false,
        _ => is_type(kind) || (!indented && colon_last),
    };
    let fault = if indented {
        HeaderFault::Indented
    } else if id.is_empty() {
        HeaderFault::NoId
    } else {
        fault
    };
    is_header.then_some(LostHeader { kind: BStr::new(kind), id: BStr::new(id), fault })
}

fn is_type(word: &[u8]) -> bool {
    tables::storage_type_any(&lower(word)).is_some()
}

/// The value PVE holds for a property, or why it refuses it (`check_value`).
fn accept<'a>(
    section: &Section<'a>,
    storage_type: &'static StorageType,
    property: section::Property<'a>,
    span: Span,
    release: Release,
) -> Result<Cow<'a, BStr>, Refusal> {
    let key = property.key;
    let schema = tables::property(key, release);
    if schema.is_none() && release >= Release::Pve8 {
        return Err(Refusal::Unknown);
    }
    if let Some(earlier) = section.properties.iter().find(|earlier| earlier.key.value == key) {
        let span = if earlier.raw.is_some() { earlier.value.span } else { earlier.key.span };
        return Err(Refusal::Duplicate(span));
    }
    if let (b"type", Some(value)) = (key, property.value)
        && value == storage_type.name.as_bytes()
    {
        return Ok(Cow::Borrowed(BStr::new(value)));
    }
    let Some(schema) = schema else { return Err(Refusal::Unknown) };
    if storage_type.option(key, release).is_none() {
        return Err(Refusal::Foreign);
    }
    let value = match property.value {
        Some(value) => value,
        None if schema.kind == Kind::Boolean => b"1",
        None => return Err(Refusal::NoValue),
    };
    schema::check(schema, value, span.start, Dialect::Section, release).map(bstr_cow).map_err(Refusal::Invalid)
}

/// `check_config` and `decode_value`.
struct Decoder<'r, 'a> {
    release: Release,
    storage_type: &'static StorageType,
    at: usize,
    /// The last line of the section, which PVE names in what follows.
    line: u32,
    section: &'r mut Section<'a>,
    dropped: &'r mut Vec<Dropped<'a>>,
    quirks: &'r mut Vec<Quirk<'a>>,
}

impl<'a> Decoder<'_, 'a> {
    /// Takes apart the values that have parts. PVE does this in random order; here it is that of the file.
    fn decode(&mut self) -> Result<(), Ghost> {
        let values: Vec<(Located<&'a BStr>, Located<&'a BStr>)> = self
            .section
            .properties
            .iter()
            .filter_map(|property| Some((property.key, Located::new(property.raw?, property.value.span))))
            .collect();
        for (key, value) in values {
            match &**key.value {
                b"content" => self.content(value)?,
                b"format" => self.format(value),
                b"nodes" => self.nodes(value),
                b"content-dirs" => self.content_dirs(value),
                _ => {}
            }
        }
        if !self.section.content.explicit {
            self.section.content.kinds = self.storage_type.default_content;
        }
        Ok(())
    }

    fn items(&self, value: Located<&'a BStr>) -> impl Iterator<Item = Located<&'a BStr>> + use<'a> {
        let text: &'a [u8] = value.value;
        format::list_in(text, self.release)
            .map(move |item| Located::new(BStr::new(item), Span::of(text, item).shifted(value.span.start)))
    }

    fn drop(&mut self, span: Span, reason: Reason<'a>) {
        let owner = Owner::Section(self.at);
        self.dropped.push(Dropped { span, line: self.line, section: Some(self.at), owner, reason });
    }

    fn remark(&mut self, span: Span, kind: QuirkKind<'a>) {
        self.quirks.push(Quirk { span, section: Some(self.at), kind });
    }

    fn supported(&self, word: &[u8]) -> Option<ContentKind> {
        ContentKind::from_name(word).filter(|&kind| self.storage_type.content(self.release).has(kind))
    }

    fn content(&mut self, value: Located<&'a BStr>) -> Result<(), Ghost> {
        let mut content = Content { kinds: ContentSet::EMPTY, items: Vec::new(), explicit: true };
        for item in self.items(value) {
            if let Some(kind) = self.supported(item.value) {
                content.kinds = content.kinds.with(kind);
                content.items.push(Located::new(kind, item.span));
            } else {
                self.drop(item.span, Reason::Content(item.value));
            }
        }
        let kinds = content.kinds;
        self.section.content = content;
        if kinds.has(ContentKind::None) && kinds.len() > 1 {
            return Err(Ghost::NoneMixed(value.span));
        }
        if kinds.is_empty() {
            if !self.storage_type.content(self.release).has(ContentKind::None) {
                return Err(Ghost::NoContent(value.span));
            }
            self.remark(value.span, QuirkKind::NoContent);
        }
        Ok(())
    }

    fn format(&mut self, value: Located<&'a BStr>) {
        let formats = self.storage_type.formats(self.release).unwrap_or_default();
        if !formats.iter().any(|format| format.as_bytes() == value.value) {
            self.drop(value.span, Reason::Format(value.value));
            self.section.properties.retain(|property| property.key.value != "format");
        }
    }

    fn nodes(&mut self, value: Located<&'a BStr>) {
        let nodes: Vec<_> = self.items(value).collect();
        if nodes.is_empty() {
            self.remark(value.span, QuirkKind::NoNodes);
        }
        self.section.nodes = Some(nodes);
    }

    fn content_dirs(&mut self, value: Located<&'a BStr>) {
        for item in self.items(value) {
            let Some((word, path)) = dir_override_parts(item.value) else { continue };
            let place = |part: &[u8]| Span::of(item.value, part).shifted(item.span.start);
            let Some(kind) = self.supported(word) else {
                self.drop(item.span, Reason::ContentDir(BStr::new(word)));
                continue;
            };
            if let Some(at) = self.section.content_dirs.iter().position(|dir| dir.kind.value == kind) {
                let earlier = self.section.content_dirs.remove(at);
                self.remark(earlier.kind.span.join(earlier.path.span), QuirkKind::ContentDirRepeated(kind));
            }
            if path.starts_with(b"/") {
                self.remark(item.span, QuirkKind::ContentDirAbsolute(kind));
            }
            let kind = Located::new(kind, place(word));
            self.section.content_dirs.push(ContentDir { kind, path: Located::new(BStr::new(path), place(path)) });
        }
    }

    /// Looks for required properties, and at the path of directory storages.
    fn complete(&mut self) -> Result<(), Ghost> {
        let missing: Vec<&'static str> = self
            .storage_type
            .options
            .iter()
            .filter(|option| option.need == Need::Required && option.known_to(self.release))
            .map(|option| option.name.as_str())
            .filter(|name| self.section.property(name).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(Ghost::Missing(missing));
        }
        let own_path = self.storage_type.is_path_based()
            && self.storage_type.option_any(b"path").is_some_and(|option| option.need == Need::Required);
        if own_path
            && let Some(property) = self.section.properties.iter_mut().find(|property| property.key.value == "path")
        {
            let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/' | b'_' | b'.' | b'@');
            if !property.value.value.iter().all(|&b| legal(b)) {
                return Err(Ghost::IllegalPath(property.value.span));
            }
            if self.release >= Release::Pve8
                && let Some(canonical) = canonical_path(&property.value.value)
            {
                property.value.value = Cow::Owned(canonical.into());
            }
        }
        self.note_combinations();
        Ok(())
    }

    fn note_combinations(&mut self) {
        if let (Some(maxfiles), Some(_)) = (self.section.property("maxfiles"), self.section.property("prune-backups")) {
            let span = maxfiles.line;
            self.remark(span, QuirkKind::MaxfilesIgnored);
        }
        if !self.storage_type.is_path_based() || self.section.content_dirs.is_empty() {
            return;
        }
        let mut clashes = Vec::new();
        let kinds: Vec<ContentKind> =
            self.section.content.kinds.iter().filter(|&kind| kind != ContentKind::None).collect();
        for (at, &kind) in kinds.iter().enumerate() {
            let (dir, span) = self.section.content_dir(kind);
            let normal = normal_dir(dir);
            for &other in kinds.iter().skip(at + 1) {
                let (other_dir, other_span) = self.section.content_dir(other);
                if normal == normal_dir(other_dir) {
                    clashes.push((other_span.or(span).unwrap_or_default(), QuirkKind::ContentDirClash(kind, other)));
                }
            }
        }
        for (span, kind) in clashes {
            self.remark(span, kind);
        }
    }
}

/// The components of a directory below a storage's path.
fn normal_dir(dir: &[u8]) -> Vec<&[u8]> {
    dir.split_str("/").filter(|part| !part.is_empty() && *part != b".").collect()
}

/// What Perl's `File::Spec->canonpath` makes of an absolute path; `None` when that is the path itself.
fn canonical_path(path: &[u8]) -> Option<Vec<u8>> {
    let parts = normal_dir(path);
    let kept = parts.iter().position(|part| *part != b"..").unwrap_or(parts.len());
    let mut canonical = Vec::with_capacity(path.len());
    for part in parts.iter().skip(kept) {
        canonical.push(b'/');
        canonical.extend_from_slice(part);
    }
    if canonical.is_empty() {
        canonical.push(b'/');
    }
    (canonical != path).then_some(canonical)
}

#[cfg(test)]
mod tests {
    use super::canonical_path;
    use crate::model::storage::StorageCfg;
    use crate::release::Release;
    use crate::text::Span;

    #[test]
    fn the_implicit_local_stands_nowhere() {
        let cfg = StorageCfg::parse(b"", Release::Pve9);
        let local = cfg.implicit_local.as_ref().unwrap();
        let items: Vec<_> = local.list("prune-backups", Release::Pve9).map(|item| item.span).collect();
        assert_eq!(items, [Span::default()]);
    }

    #[test]
    fn paths_are_made_canonical_as_perl_does() {
        // Recorded from `perl -MFile::Spec -e 'print File::Spec->canonpath(shift)'`.
        for (path, canonical) in [
            ("/a//b/", "/a/b"),
            ("/../..", "/"),
            ("/../../x", "/x"),
            ("/./a/.", "/a"),
            ("//", "/"),
            ("/a/../b", "/a/../b"),
            ("/..a", "/..a"),
            ("/a/./././b/./", "/a/b"),
        ] {
            let got = canonical_path(path.as_bytes()).unwrap_or_else(|| path.into());
            assert_eq!(String::from_utf8(got).unwrap(), canonical, "{path}");
        }
    }
}
