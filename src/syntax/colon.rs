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
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

/// White space as Perl's `\s` sees it in a byte string: space, tab, LF, VT, FF, CR.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    // Nearly every byte is told by the first comparison.
    byte <= b' ' && matches!(byte, b' ' | b'\t'..=b'\r')
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
        Line { span, content: trimmed(Located::new(whole, span)) }
    })
}

impl<'a> Line<'a> {
    /// The fields, without the empty ones at the end. A field of blanks between two colons is kept at the end, as Perl's
    /// `split` removes only what is empty before the white space goes.
    pub fn fields(&self) -> impl Iterator<Item = Field<'a>> + use<'a> {
        let mut left = without_empty_end(self.content.value);
        let mut start = self.content.span.start;
        std::iter::from_fn(move || {
            if left.is_empty() {
                return None;
            }
            let (rest, text) = field(left).ok()?;
            left = rest;
            let whole = placed(text, start);
            start = whole.span.end.saturating_add(1);
            let Located { value: text, span } = trimmed(whole);
            Some(Field { text, span, whole: whole.span })
        })
    }
}

/// What is in front of the next colon. Nothing ends in one: fields at the end that are empty have been taken off.
fn field(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    terminated(take_till(|byte| byte == b':'), opt(char(':'))).parse(input)
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
    trimmed(placed(text, 0)).value
}

/// `text`, which begins at `start`.
fn placed(text: &[u8], start: u32) -> Located<&[u8]> {
    let end = start.saturating_add(u32::try_from(text.len()).unwrap_or(u32::MAX));
    Located::new(text, Span { start, end })
}

/// The same without the white space at both ends; of nothing but white space, the end is left.
fn trimmed(placed: Located<&[u8]>) -> Located<&[u8]> {
    let Located { value: mut text, mut span } = placed;
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        (text, span.start) = (rest, span.start + 1);
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        (text, span.end) = (rest, span.end - 1);
    }
    Located::new(text, span)
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

/// How the lists of a file are split: what isn't in the file needn't be looked for in every list.
#[derive(Clone, Copy, Debug)]
pub struct Lists {
    /// The file holds a NUL.
    nul: bool,
    /// The file holds a byte 0x85 or 0xA0, and these separate items.
    latin1: bool,
}

impl Lists {
    /// For the lists of `text`, where `blanks` count.
    #[must_use]
    pub fn of(text: &[u8], blanks: Blanks) -> Self {
        Self {
            nul: memchr::memchr(0, text).is_some(),
            latin1: blanks == Blanks::Latin1 && memchr::memchr2(0x85, 0xa0, text).is_some(),
        }
    }

    /// Whether any list of the file may be split where people wouldn't expect it.
    #[must_use]
    pub fn unusual(self) -> bool {
        self.nul || self.latin1
    }

    /// Whether a NUL is the only separator of this list.
    #[must_use]
    pub fn only_nul(self, field: Field<'_>) -> bool {
        self.nul && memchr::memchr(0, field.text).is_some()
    }

    /// The items of a list that are torn at a byte 0x85 or 0xA0, as they would be without it.
    pub fn torn<'a>(self, field: Field<'a>) -> impl Iterator<Item = Located<&'a [u8]>> + use<'a> {
        let torn = self.latin1 && !self.only_nul(field);
        let whole = torn.then(|| list(field, Blanks::Ascii)).into_iter().flatten();
        whole.filter(|item| memchr::memchr2(0x85, 0xa0, item.value).is_some())
    }

    /// The items of a list. A field that holds a NUL is split at NULs alone, and then an item may be empty; otherwise at runs
    /// of `,`, `;` and white space.
    pub fn items<'a>(self, field: Field<'a>) -> impl Iterator<Item = Located<&'a [u8]>> + use<'a> {
        let nul = self.only_nul(field);
        let blanks = if self.latin1 { Blanks::Latin1 } else { Blanks::Ascii };
        let mut left = if nul { without_nul_end(field.text) } else { field.text };
        std::iter::from_fn(move || {
            if left.is_empty() {
                return None;
            }
            let (rest, item) = if nul { nul_item(left) } else { item(left, blanks) }.ok()?;
            left = rest;
            Some(Located::new(item, Span::of(field.text, item).shifted(field.span.start)))
        })
    }
}

fn item(input: &[u8], blanks: Blanks) -> IResult<&[u8], &[u8], ()> {
    let separates = move |byte: u8| matches!(byte, b',' | b';') || blanks.contains(byte);
    preceded(take_while(separates), take_till1(separates)).parse(input)
}

/// Empty items between NULs count.
fn nul_item(input: &[u8]) -> IResult<&[u8], &[u8], ()> {
    terminated(take_till(|byte| byte == 0), opt(char('\0'))).parse(input)
}

/// The items of one list; see [`Lists::items`].
pub fn list(field: Field<'_>, blanks: Blanks) -> Vec<Located<&[u8]>> {
    Lists::of(field.text, blanks).items(field).collect()
}

fn without_nul_end(mut text: &[u8]) -> &[u8] {
    while let Some(shorter) = text.strip_suffix(b"\0") {
        text = shorter;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &[u8]) -> Vec<&[u8]> {
        lines(text).flat_map(|line| line.fields().map(|field| field.text).collect::<Vec<_>>()).collect()
    }

    fn items(text: &[u8], blanks: Blanks) -> Vec<&[u8]> {
        let field = Field { text, span: Span::new(0, text.len()), whole: Span::default() };
        let items = list(field, blanks);
        for item in &items {
            assert_eq!(item.span.bytes(text), item.value);
        }
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
