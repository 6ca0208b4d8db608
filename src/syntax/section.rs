//! Section configs: `storage.cfg`, `jobs.cfg`, `replication.cfg` and kin, as `parse_config` of pve-common's
//! `PVE/SectionConfig.pm` splits them.
//!
//! ```text
//! dir: local
//!         path /var/lib/vz
//!         content iso,backup
//! ```
//!
//! The reader is a machine with two states. Between sections it looks for a header; inside one it takes every line for a
//! property until a line that is *empty* ends the section. Blanks alone do not make a line empty, and comments are not
//! there at all; a forgotten empty line therefore merges two sections. What a header looks like differs by file and is
//! handed in as a [`HeaderRule`]. Types, ids and properties have no meaning here, so a section of unknown type, which PVE
//! swallows, is split like any other.

use nom::{
    IResult, Parser,
    bytes::complete::{take_till1, take_while1},
    character::complete::char,
    combinator::opt,
    sequence::preceded,
};

use crate::text::{self, Span};

/// How a file's section headers look: the two parts of `line`, which comes without LF, or `None` when it is no header.
/// Both parts must be slices of `line`.
pub type HeaderRule = for<'a> fn(line: &'a [u8]) -> Option<Header<'a>>;

/// The line that opens a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    /// The type as written; empty where headers have none.
    pub kind: &'a [u8],
    /// The id as written.
    pub id: &'a [u8],
}

/// An indented `key` or `key value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property<'a> {
    /// The first word.
    pub key: &'a [u8],
    /// Everything behind it without outer blanks; never empty.
    pub value: Option<&'a [u8]>,
}

/// What an ignored line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// Blanks only, with a carriage return among them or not.
    Blank,
    /// A header, inside a section.
    Header(Header<'a>),
    /// A property, outside any section.
    Property(Property<'a>),
    /// Anything else: it starts at the margin, and is split like a property.
    Text(Property<'a>),
}

/// What a line is to PVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role<'a> {
    /// `#` behind any blanks: not there, wherever it is.
    Comment,
    /// Nothing, or the single character `0`: ends a section.
    Empty,
    /// Opens a section.
    Header(Header<'a>),
    /// A property of the open section.
    Property(Property<'a>),
    /// PVE logs and ignores it.
    Ignored(Shape<'a>),
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The line with its LF, if it has one.
    pub span: Span,
    /// The line without LF.
    pub text: &'a [u8],
    /// What it is.
    pub role: Role<'a>,
}

impl Line<'_> {
    /// The line without LF.
    #[must_use]
    pub fn text_span(&self) -> Span {
        Span { start: self.span.start, end: self.span.end.min(self.span.start + Span::new(0, self.text.len()).end) }
    }

    /// Where `part`, a slice of [`Line::text`], stands in the file.
    #[must_use]
    pub fn place(&self, part: &[u8]) -> Span {
        Span::of(self.text, part).shifted(self.span.start)
    }
}

/// A section: its header and the lines below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section<'a> {
    /// The header.
    pub header: Header<'a>,
    /// Index of the header in [`Document::lines`].
    pub first: usize,
    /// Index behind the last line of the section; the empty line that ends it is not part of it.
    pub end: usize,
}

/// A section config.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Document<'a> {
    /// Every line of the file, in order; their spans, concatenated, are the file.
    pub lines: Vec<Line<'a>>,
    /// The sections in order; a later one may have the id of an earlier.
    pub sections: Vec<Section<'a>>,
}

impl<'a> Document<'a> {
    /// Splits `text`. Never fails; line numbers, from 1, are indices into [`Document::lines`] plus 1.
    #[must_use]
    pub fn parse(text: &'a [u8], header: HeaderRule) -> Self {
        let mut lines = Vec::with_capacity(memchr::memchr_iter(b'\n', text).count() + 1);
        let mut sections = Vec::new();
        let mut open: Option<Section<'a>> = None;
        for raw in text::lines(text) {
            let line = text::without_lf(raw);
            let at = lines.len();
            let role = if is_comment(line) {
                Role::Comment
            } else if matches!(line, b"" | b"0") {
                sections.extend(open.take().map(|section| Section { end: at, ..section }));
                Role::Empty
            } else if open.is_some() {
                inside(line, header)
            } else {
                let role = between(line, header);
                if let Role::Header(header) = role {
                    open = Some(Section { header, first: at, end: at + 1 });
                }
                role
            };
            lines.push(Line { span: Span::of(text, raw), text: line, role });
        }
        sections.extend(open.map(|section| Section { end: lines.len(), ..section }));
        Self { lines, sections }
    }

    /// The lines of a section below its header.
    #[must_use]
    pub fn body(&self, section: &Section<'a>) -> &[Line<'a>] {
        self.lines.get(section.first + 1..section.end).unwrap_or_default()
    }
}

fn between<'a>(line: &'a [u8], header: HeaderRule) -> Role<'a> {
    header(line).map_or_else(|| Role::Ignored(shape(line)), Role::Header)
}

fn inside<'a>(line: &'a [u8], header: HeaderRule) -> Role<'a> {
    match shape(line) {
        Shape::Property(property) => Role::Property(property),
        shape => Role::Ignored(header(line).map_or(shape, Shape::Header)),
    }
}

fn shape(line: &[u8]) -> Shape<'_> {
    let indented = line.first().is_some_and(|&b| is_space(b));
    match property(line) {
        Ok((_, property)) if indented => Shape::Property(property),
        Ok((_, property)) => Shape::Text(property),
        Err(_) => Shape::Blank,
    }
}

/// Blank, tab, VT, FF and CR (and LF): Perl's `\s` in byte strings. A no-break space is none.
#[must_use]
pub const fn is_space(b: u8) -> bool {
    matches!(b, b'\t'..=b'\r' | b' ')
}

fn is_comment(line: &[u8]) -> bool {
    line.iter().find(|&&b| !is_space(b)) == Some(&b'#')
}

fn spaces(text: &[u8]) -> IResult<&[u8], &[u8]> {
    take_while1(is_space).parse(text)
}

fn word(text: &[u8]) -> IResult<&[u8], &[u8]> {
    take_till1(is_space).parse(text)
}

fn property(line: &[u8]) -> IResult<&[u8], Property<'_>> {
    let (tail, key) = preceded(opt(spaces), word).parse(line)?;
    let value = trim(tail);
    Ok((&[], Property { key, value: (!value.is_empty()).then_some(value) }))
}

fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// `<type>: <id>`, the usual header. The blank may be absent; of several colons that could part the two, the last does.
#[must_use]
pub fn typed_header(line: &[u8]) -> Option<Header<'_>> {
    let (tail, first) = word(line).ok()?;
    let tail = trim(tail);
    if tail.is_empty() {
        // The last byte can't be the separator: an id must follow.
        let at = memchr::memrchr(b':', first.get(1..first.len().saturating_sub(1))?)? + 1;
        return Some(Header { kind: first.get(..at)?, id: first.get(at + 1..)? });
    }
    let kind = first.strip_suffix(b":").filter(|kind| !kind.is_empty())?;
    (!tail.iter().any(|&b| is_space(b))).then_some(Header { kind, id: tail })
}

/// `<type>: [<id>]`: the id may be absent, as in `status.cfg`.
#[must_use]
pub fn typed_header_opt_id(line: &[u8]) -> Option<Header<'_>> {
    fn bare(line: &[u8]) -> IResult<&[u8], Header<'_>> {
        let (tail, kind) = word(line)?;
        let kind = kind.strip_suffix(b":").unwrap_or_default();
        let (rest, _) = char(':').parse(line.get(kind.len()..).unwrap_or_default())?;
        Ok((tail, Header { kind, id: rest.get(..0).unwrap_or_default() }))
    }
    typed_header(line).or_else(|| {
        let (tail, header) = bare(line).ok()?;
        (!header.kind.is_empty() && trim(tail).is_empty()).then_some(header)
    })
}

/// `<id>`: a single word, as in `mapping/*.cfg`, whose sections have no type.
#[must_use]
pub fn word_header(line: &[u8]) -> Option<Header<'_>> {
    let (tail, id) = word(line).ok()?;
    trim(tail).is_empty().then_some(Header { kind: id.get(..0)?, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Option<(&str, &str)> {
        let text = |part| std::str::from_utf8(part).unwrap();
        typed_header(line.as_bytes()).map(|header| (text(header.kind), text(header.id)))
    }

    #[test]
    fn the_last_colon_that_leaves_an_id_parts_a_header() {
        assert_eq!(typed("dir: local \r"), Some(("dir", "local")));
        assert_eq!(typed("dir:local"), Some(("dir", "local")));
        assert_eq!(typed("dir:dir: foo"), Some(("dir:dir", "foo")));
        assert_eq!(typed("a:b:c"), Some(("a:b", "c")));
        assert_eq!(typed("dir: a:b"), Some(("dir", "a:b")));
        assert_eq!(typed("dir::"), Some(("dir", ":")));
        assert_eq!(typed("::x"), Some((":", "x")));
        for line in ["dir:", "dir: ", ":x", ": x", "dir : foo", " dir: foo", "dir: a b", "dir foo", "dir:a b", ":", ""]
        {
            assert_eq!(typed(line), None, "{line}");
        }
    }

    #[test]
    fn other_files_have_other_headers() {
        assert_eq!(word_header(b"usb1 "), Some(Header { kind: b"", id: b"usb1" }));
        assert_eq!(word_header(b"usb1 x"), None);
        assert_eq!(typed_header_opt_id(b"influxdb:"), Some(Header { kind: b"influxdb", id: b"" }));
        assert_eq!(typed_header_opt_id(b"influxdb: x"), Some(Header { kind: b"influxdb", id: b"x" }));
        assert_eq!(typed_header_opt_id(b":"), None);
        assert_eq!(typed_header_opt_id(b"influxdb"), None);
    }

    fn roles(text: &'static str) -> Vec<Role<'static>> {
        Document::parse(text.as_bytes(), typed_header).lines.into_iter().map(|line| line.role).collect()
    }

    #[test]
    fn only_an_empty_line_ends_a_section() {
        let text = "x\n\npath /a\n  lost 1\ndir: a\n# c\n\tpath /x # y \r\n \t\r\ndir: b\n0\n \n";
        let property = |key: &'static str, value: &'static str| Property {
            key: key.as_bytes(),
            value: Some(value.as_bytes()).filter(|value| !value.is_empty()),
        };
        let header = |id: &'static str| Header { kind: b"dir", id: id.as_bytes() };
        assert_eq!(
            roles(text),
            [
                Role::Ignored(Shape::Text(property("x", ""))),
                Role::Empty,
                Role::Ignored(Shape::Text(property("path", "/a"))),
                Role::Ignored(Shape::Property(property("lost", "1"))),
                Role::Header(header("a")),
                Role::Comment,
                Role::Property(property("path", "/x # y")),
                Role::Ignored(Shape::Blank),
                Role::Ignored(Shape::Header(header("b"))),
                Role::Empty,
                Role::Ignored(Shape::Blank),
            ]
        );
        let document = Document::parse(text.as_bytes(), typed_header);
        assert_eq!(document.sections, [Section { header: header("a"), first: 4, end: 9 }]);
        assert_eq!(document.body(&document.sections[0]).len(), 4);
    }

    #[test]
    fn a_no_break_space_is_text() {
        assert_eq!(
            roles("dir: a\n\u{a0}path /x"),
            [
                Role::Header(Header { kind: b"dir", id: b"a" }),
                Role::Ignored(Shape::Text(Property { key: "\u{a0}path".as_bytes(), value: Some(b"/x") })),
            ]
        );
    }
}
