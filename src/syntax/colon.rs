//! Lines of fields between colons: `user.cfg`.
//!
//! Mirrors how `parse_user_config` (pve-access-control, `src/PVE/AccessControl.pm`) takes a file apart: only LF ends a
//! line, white space around a line and around a field doesn't count, every colon separates and none can be protected, empty
//! fields at the end of a line don't exist. Lists inside a field are split as `split_list` (pve-common,
//! `src/PVE/Tools.pm`) does. What a line or field means isn't known here.

use crate::text::{self, Located, Span};
use nom::bytes::complete::{take_till, take_till1, take_while};
use nom::character::complete::char;
use nom::combinator::opt;
use nom::multi::many0_count;
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// White space as Perl's `\s` sees it in a byte string: space, tab, LF, VT, FF, CR.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// One line of the file.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// The whole line, with white space and LF. The spans of all lines follow each other without gap.
    pub span: Span,
    /// Its text without the white space at both ends; empty for a line that doesn't count.
    pub content: Located<&'a [u8]>,
}

/// One field of a line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Field<'a> {
    /// Its text without the white space at both ends.
    pub text: &'a [u8],
    /// Where `text` stands.
    pub span: Span,
    /// Everything between the two colons.
    pub whole: Span,
}

/// The lines of a file, blank ones included.
pub fn lines(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let mut start = 0;
    text::lines(text).map(move |whole| {
        let span = Span::new(start, start + whole.len());
        start += whole.len();
        let content = trim(whole);
        Line { span, content: Located::new(content, Span::of(whole, content).shifted(span.start)) }
    })
}

impl<'a> Line<'a> {
    /// The fields, without the empty ones at the end. A field of blanks between two colons is kept at the end, as Perl's
    /// `split` removes only what is empty before the white space goes.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let Located { value: content, span } = self.content;
        let mut left = Some(without_empty_end(content)).filter(|used| !used.is_empty());
        std::iter::from_fn(move || {
            let rest = left?;
            let (whole, next) = match memchr::memchr(b':', rest) {
                Some(colon) => (rest.get(..colon)?, rest.get(colon + 1..)),
                None => (rest, None),
            };
            left = next;
            let text = trim(whole);
            Some(Field {
                text,
                span: Span::of(content, text).shifted(span.start),
                whole: Span::of(content, whole).shifted(span.start),
            })
        })
    }
}

fn without_empty_end(mut content: &[u8]) -> &[u8] {
    while let Some(shorter) = content.strip_suffix(b":") {
        content = shorter;
    }
    content
}

/// `text` without the white space at both ends.
#[must_use]
pub fn trim(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|&byte| !is_space(byte)).map_or(start, |last| last + 1);
    text.get(start..end).unwrap_or_default()
}

/// Which bytes separate the items of a list, besides `,` and `;`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blanks {
    /// ASCII white space: pve-common before 9.1.17.
    Ascii,
    /// Also the single bytes 0x85 and 0xA0, even inside a UTF-8 character: pve-common since 9.1.17, which has Perl treat
    /// byte strings as Latin-1.
    Latin1,
}

impl Blanks {
    /// Whether `byte` is white space between list items.
    #[must_use]
    pub const fn contains(self, byte: u8) -> bool {
        is_space(byte) || (matches!(self, Self::Latin1) && matches!(byte, 0x85 | 0xa0))
    }
}

/// The items of a list. A field that holds a NUL is split at NULs alone, and then an item may be empty; otherwise at runs of
/// `,`, `;` and white space.
pub fn list<'a>(field: Field<'a>, blanks: Blanks) -> impl Iterator<Item = Located<&'a [u8]>> {
    let text = field.text;
    let nul = memchr::memchr(0, text).is_some();
    let mut left = if nul { without_nul_end(text) } else { text };
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let (rest, item) = if nul { nul_item(left) } else { item(left, blanks) }.ok()?;
        left = rest;
        // Empty items between NULs count; behind the last separator of an ordinary list there is none.
        Some(Located::new(item, Span::of(text, item).shifted(field.span.start)))
    })
}

fn item(input: &[u8], blanks: Blanks) -> IResult<&[u8], &[u8], ()> {
    let separates = move |byte: u8| matches!(byte, b',' | b';') || blanks.contains(byte);
    preceded(take_while(separates), take_till1(separates)).parse(input)
}

fn nul_item(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    terminated(take_till(|byte| byte == 0), opt(char('\0'))).parse(input)
}

fn without_nul_end(mut text: &[u8]) -> &[u8] {
    while let Some(shorter) = text.strip_suffix(b"\0") {
        text = shorter;
    }
    text
}

/// Number of items that [`list`] gives.
#[must_use]
pub fn list_len(field: Field<'_>, blanks: Blanks) -> usize {
    if memchr::memchr(0, field.text).is_some() {
        return list(field, blanks).count();
    }
    many0_count(|input| item(input, blanks)).parse(field.text).map_or(0, |(_, count)| count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &[u8]) -> Vec<&[u8]> {
        lines(text).flat_map(|line| line.fields().map(|field| field.text).collect::<Vec<_>>()).collect()
    }

    fn items(text: &[u8], blanks: Blanks) -> Vec<&[u8]> {
        let field = Field { text, span: Span::new(0, text.len()), whole: Span::default() };
        let items: Vec<_> = list(field, blanks).collect();
        for item in &items {
            assert_eq!(item.span.bytes(text), item.value);
        }
        assert_eq!(list_len(field, blanks), items.len());
        items.into_iter().map(|item| item.value).collect()
    }

    #[test]
    fn empty_fields_at_the_end_vanish_blank_ones_stay() {
        assert_eq!(fields(b" user : a:: \t\r\n"), [&b"user"[..], b"a"]);
        assert_eq!(fields(b"a: :\n"), [&b"a"[..], b""]);
        assert_eq!(fields(b"::a"), [&b""[..], b"", b"a"]);
        assert!(fields(b":::\n\n").is_empty());
    }

    #[test]
    fn lists_split_at_commas_semicolons_and_blanks() {
        assert_eq!(items(b",a;b ,, c\t", Blanks::Ascii), [b"a", b"b", b"c"]);
        assert!(items(b" ,; ", Blanks::Ascii).is_empty());
        assert_eq!(items("\u{e0}x".as_bytes(), Blanks::Ascii), ["\u{e0}x".as_bytes()]);
        assert_eq!(items("\u{e0}x".as_bytes(), Blanks::Latin1), [&b"\xc3"[..], b"x"]);
    }

    #[test]
    fn a_nul_makes_it_the_only_separator() {
        assert_eq!(items(b"a,b\0c\0", Blanks::Latin1), [&b"a,b"[..], b"c"]);
        assert_eq!(items(b"\0a", Blanks::Ascii), [&b""[..], b"a"]);
        assert!(items(b"\0", Blanks::Ascii).is_empty());
    }
}
