//! From lines to sections: `parse_config` of pve-common's `PVE/SectionConfig.pm`, in its order.

use std::borrow::Cow;

use bstr::{BStr, BString, ByteSlice};
use rustc_hash::FxHashMap;

use super::{Dropped, Outcome, Property, Reason, Refusal, Section, SectionFile, check, decode};
use crate::model::schema::format::is_config_id;
use crate::model::schema::{self, Dialect, Kind};
use crate::model::tables::section::{HeaderForm, IdForm, SectionSpec, SectionType};
use crate::release::Release;
use crate::syntax::section::{self as syntax, Document, Header, HeaderRule, Line, Role, is_space, typed_header};
use crate::text::{Located, Span};

pub(super) fn read<'a>(spec: &'static SectionSpec, text: &'a [u8], release: Release) -> SectionFile<'a> {
    let document = Document::parse(text, header_rule(spec));
    let mut file =
        SectionFile { spec, release, text, sections: Vec::new(), dropped: Vec::new(), fatal: None, document };
    if release < spec.since {
        file.fatal = Some(format!("unknown file type '{}'", spec.file).into());
        return file;
    }
    let document = std::mem::take(&mut file.document);
    let mut reader = Reader { spec, release, document: &document, file: &mut file, order: 0 };
    reader.read();
    file.document = document;
    mark_replaced(&mut file.sections);
    decode::decode(&mut file);
    file
}

fn header_rule(spec: &SectionSpec) -> HeaderRule {
    match spec.header {
        HeaderForm::Typed => typed_header,
        HeaderForm::TypedOrBare => typed_or_bare,
        HeaderForm::Word => word,
        HeaderForm::Replication => replication,
    }
}

fn word(line: &[u8]) -> Option<Header<'_>> {
    let end = line.iter().rposition(|&b| !is_space(b)).map_or(0, |last| last + 1);
    let id = line.get(..end).filter(|id| !id.is_empty() && !id.iter().any(|&b| is_space(b)))?;
    Some(Header { kind: id.get(..0)?, id })
}

fn typed_or_bare(line: &[u8]) -> Option<Header<'_>> {
    typed_header(line).or_else(|| {
        let end = line.iter().rposition(|&b| !is_space(b)).map_or(0, |last| last + 1);
        let kind = line.get(..end)?.strip_suffix(b":")?;
        (!kind.is_empty() && !kind.iter().any(|&b| is_space(b))).then_some(Header { kind, id: kind })
    })
}

fn replication(line: &[u8]) -> Option<Header<'_>> {
    let header = typed_header(line)?;
    let (guest, number) = header.id.split_once_str(b"-")?;
    let is_number = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    (is_number(guest) && is_number(number)).then_some(header)
}

/// Of sections with one id the last counts.
fn mark_replaced(sections: &mut [Section<'_>]) {
    let mut last: FxHashMap<BString, usize> = FxHashMap::default();
    for at in 0..sections.len() {
        let Some(section) = sections.get(at).filter(|section| section.order > 0) else { continue };
        let id = BString::from(section.id.value.to_vec());
        if let Some(earlier) = last.insert(id, at).and_then(|earlier| sections.get_mut(earlier)) {
            earlier.is_replaced = true;
        }
    }
}

struct Reader<'r, 'a> {
    spec: &'static SectionSpec,
    release: Release,
    document: &'r Document<'a>,
    file: &'r mut SectionFile<'a>,
    order: u32,
}

/// A line's number as PVE counts.
fn number(index: usize) -> u32 {
    Span::new(index + 1, index + 1).start
}

impl<'a> Reader<'_, 'a> {
    fn read(&mut self) {
        let document = self.document;
        let mut next = 0;
        for section in &document.sections {
            self.between(next..section.first);
            self.section(section);
            next = section.end;
        }
        self.between(next..document.lines.len());
    }

    fn between(&mut self, range: std::ops::Range<usize>) {
        for (at, line) in self.document.lines.iter().enumerate().take(range.end).skip(range.start) {
            if let Role::Ignored(shape) = line.role {
                self.drop(line.text_span(), at, None, Reason::Line(shape));
            }
        }
    }

    fn drop(&mut self, span: Span, line: usize, section: Option<usize>, reason: Reason<'a>) {
        self.file.dropped.push(Dropped { span, line: number(line), section, reason });
    }

    fn section(&mut self, found: &syntax::Section<'a>) {
        let document = self.document;
        let Some(header) = document.lines.get(found.first) else { return };
        let Header { kind, id } = found.header;
        let (kind_span, id_span) = (header.place(kind), header.place(id));
        let only = match self.spec.header {
            // The file has one type, which nobody writes.
            HeaderForm::Word => self.spec.types.first().map(|one| one.name.as_bytes()),
            _ => None,
        };
        let kind: Cow<'a, BStr> = match only {
            Some(name) => Cow::Borrowed(BStr::new(name)),
            None if self.spec.lower_types && kind.iter().any(u8::is_ascii_uppercase) => {
                Cow::Owned(kind.to_ascii_lowercase().into())
            }
            None => Cow::Borrowed(BStr::new(kind)),
        };
        let section_type = self.spec.section_type(&kind, self.release);
        let (id, fault) = self.id(&kind, id, section_type);
        let fault = fault.or_else(|| {
            section_type.is_none().then(|| {
                let mut text = BString::from("unsupported type '");
                text.extend_from_slice(&kind);
                text.push(b'\'');
                text
            })
        });
        let last = document.lines.get(found.end.saturating_sub(1)).unwrap_or(header);
        let at = self.file.sections.len();
        let outcome = fault.map_or(Outcome::Ok, Outcome::Skipped);
        let is_skipped = outcome != Outcome::Ok;
        self.file.sections.push(Section {
            kind: Located::new(kind, kind_span),
            section_type,
            id: Located::new(id, id_span),
            header: header.text_span(),
            span: header.span.join(last.span),
            outcome,
            is_replaced: false,
            order: 0,
            properties: Vec::new(),
        });
        if is_skipped {
            return self.drop(id_span, found.first, Some(at), Reason::Header);
        }
        let Some(section_type) = section_type else { return };
        let mut end = found.first;
        for (offset, line) in document.body(found).iter().enumerate() {
            let index = found.first + 1 + offset;
            match line.role {
                Role::Comment | Role::Empty | Role::Header(_) => continue,
                Role::Ignored(shape) => self.drop(line.text_span(), index, Some(at), Reason::Line(shape)),
                Role::Property(property) => self.property(at, line, property, index, section_type),
            }
            end = index;
        }
        self.finish(at, end, section_type);
    }

    /// The id as PVE holds it, and what is wrong with it.
    fn id(
        &self,
        kind: &[u8],
        id: &'a [u8],
        section_type: Option<&'static SectionType>,
    ) -> (Cow<'a, BStr>, Option<BString>) {
        let plain = Cow::Borrowed(BStr::new(id));
        let config_id = |text: &[u8]| {
            (!is_config_id(text)).then(|| {
                let mut message = BString::from("invalid configuration ID '");
                message.extend_from_slice(text);
                message.push(b'\'');
                message
            })
        };
        match self.spec.id {
            IdForm::Any => (plain, None),
            IdForm::ConfigId => (plain, config_id(id)),
            IdForm::TypeConfigId => (plain, config_id(kind)),
            IdForm::Realm => {
                let fault = (!check::is_realm(id)).then(|| "value does not look like a valid realm".into());
                (plain, fault)
            }
            IdForm::HaResource => {
                let whole: BString = [kind, b":", id].concat().into();
                let is_vmid = id.len() >= 2
                    && id.first().is_some_and(|&first| first != b'0')
                    && id.iter().all(u8::is_ascii_digit);
                let fault = if section_type.is_none() {
                    let mut text = BString::from("no such resource type '");
                    text.extend_from_slice(kind);
                    text.push(b'\'');
                    Some(text)
                } else {
                    (!is_vmid).then(|| "invalid VMID".into())
                };
                (Cow::Owned(whole), fault)
            }
            IdForm::Guest => {
                let strip = |text: &[u8]| -> Vec<u8> {
                    let zeros = text.iter().take_while(|&&b| b == b'0').count().min(text.len().saturating_sub(1));
                    text.get(zeros..).unwrap_or_default().to_vec()
                };
                let (guest, job) = id.split_once_str(b"-").unwrap_or((id, b""));
                let (guest, job) = (strip(guest), strip(job));
                let is_low = guest.len() < 3;
                let whole: BString = [&guest[..], b"-", &job].concat().into();
                let fault = is_low.then(|| {
                    let mut text = BString::from("got unexpected replication job guest id ");
                    text.extend_from_slice(b"'");
                    text.extend_from_slice(&guest);
                    text.push(b'\'');
                    text
                });
                (Cow::Owned(whole), fault)
            }
        }
    }

    fn property(
        &mut self,
        at: usize,
        line: &Line<'a>,
        property: syntax::Property<'a>,
        index: usize,
        section_type: &'static SectionType,
    ) {
        let key = Located::new(BStr::new(property.key), line.place(property.key));
        let raw = property.value.map(|value| Located::new(BStr::new(value), line.place(value)));
        let span = raw.map_or(Span { start: key.span.end, end: key.span.end }, |raw| raw.span);
        let Some(section) = self.file.sections.get_mut(at) else { return };
        match accept(self.spec, section, section_type, property, span, self.release) {
            Ok((value, is_array)) => {
                let value = Located::new(value, span);
                match section.properties.iter_mut().find(|earlier| earlier.key.value == key.value) {
                    Some(earlier) => earlier.values.push(value),
                    None => {
                        section.properties.push(Property { key, values: vec![value], line: line.text_span(), is_array })
                    }
                }
            }
            Err(refusal) => {
                let span = match &refusal {
                    Refusal::Unknown | Refusal::Foreign | Refusal::NoValue => key.span,
                    Refusal::Duplicate(_) => line.text_span(),
                    Refusal::Invalid(problem) => problem.span,
                };
                self.drop(span, index, Some(at), Reason::Property { key, value: raw, refusal });
            }
        }
    }

    fn finish(&mut self, at: usize, last: usize, section_type: &'static SectionType) {
        self.order += 1;
        let order = self.order;
        let release = self.release;
        let Some(section) = self.file.sections.get_mut(at) else { return };
        section.order = order;
        let required =
            section_type.properties.iter().filter(|property| property.required && property.known_to(release));
        let missing: Vec<&'static str> =
            required.map(|property| property.name).filter(|name| section.property(name).is_none()).collect();
        if let Some(&first) = missing.first() {
            let span = section.header;
            section.outcome = Outcome::Empty(missing);
            self.drop(span, last, Some(at), Reason::Missing(first));
        }
    }
}

/// The value PVE holds for a property and whether it may be repeated, or why it refuses it (`check_value`).
fn accept<'a>(
    spec: &'static SectionSpec,
    section: &Section<'a>,
    section_type: &'static SectionType,
    property: syntax::Property<'a>,
    span: Span,
    release: Release,
) -> Result<(Cow<'a, BStr>, bool), Refusal> {
    let key = property.key;
    let own = section_type.property(key, release);
    let is_known = if spec.isolated { own.is_some() } else { spec.knows(key, release) } || key == b"type";
    if !is_known && release >= Release::Pve8 {
        return Err(Refusal::Unknown);
    }
    let is_array = own.is_some_and(|property| property.array);
    if !is_array && let Some(earlier) = section.properties.iter().find(|earlier| earlier.key.value == key) {
        return Err(Refusal::Duplicate(earlier.line));
    }
    if let (b"type", Some(value)) = (key, property.value)
        && value == section_type.name.as_bytes()
    {
        return Ok((Cow::Borrowed(BStr::new(value)), false));
    }
    let Some(own) = own else { return Err(if is_known { Refusal::Foreign } else { Refusal::Unknown }) };
    let value = match property.value {
        Some(value) => value,
        None if own.kind == Kind::Boolean => b"1",
        None => return Err(Refusal::NoValue),
    };
    match schema::check(own, value, span.start, Dialect::Section, release) {
        Ok(Cow::Borrowed(value)) => Ok((Cow::Borrowed(BStr::new(value)), is_array)),
        Ok(Cow::Owned(value)) => Ok((Cow::Owned(value.into()), is_array)),
        Err(problem) => Err(Refusal::Invalid(problem)),
    }
}
