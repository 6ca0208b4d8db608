//! The vocabulary of places: which file, which bytes, which line.
//!
//! Everything above this module says where a thing stands with a [`Span`] inside a [`FileId`]; lines and columns are
//! computed only when somebody reads them. Beside it, what is done with any text: making it printable, patterns, near names.
//! Nothing in here knows what the bytes mean.

use std::fmt;
use std::sync::OnceLock;

/// The largest file that is read, in bytes: pmxcfs refuses to store more (pve-cluster, `memdb.h`).
pub const MAX_FILE_SIZE: usize = 1024 * 1024;

/// One file of a [`crate::source::Sources`], by its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A half-open range of byte offsets inside one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte; never less than `start`.
    pub end: u32,
}

impl Span {
    /// The bytes from `start` up to `end`. An `end` before `start` gives the empty span at `start`; offsets beyond
    /// `u32::MAX` saturate (files are at most [`MAX_FILE_SIZE`]).
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let start = u32::try_from(start).unwrap_or(u32::MAX);
        let end = u32::try_from(end).unwrap_or(u32::MAX);
        Self { start, end: end.max(start) }
    }

    /// Where `part` stands in `whole`. `part` must be a slice of `whole`'s own memory, as nom's rests and outputs are;
    /// for any other slice the answer is the empty span at 0.
    #[must_use]
    pub fn of(whole: &[u8], part: &[u8]) -> Self {
        let base = whole.as_ptr() as usize;
        let at = part.as_ptr() as usize;
        match at.checked_sub(base) {
            Some(start) if start + part.len() <= whole.len() => Self::new(start, start + part.len()),
            _ => Self::default(),
        }
    }

    /// This span moved forward by `by` bytes: from an offset within a line or field to one within the file.
    #[must_use]
    pub fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }

    /// Number of bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether the span holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// As a range for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The bytes of `text` under this span; empty when the span doesn't lie inside it.
    #[must_use]
    pub fn bytes(self, text: &[u8]) -> &[u8] {
        text.get(self.range()).unwrap_or_default()
    }
}

/// A span together with the file it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// The bytes.
    pub span: Span,
}

/// A value and where it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Located<T> {
    /// What was read.
    pub value: T,
    /// The bytes it was read from.
    pub span: Span,
}

impl<T> Located<T> {
    /// `value`, written at `span`.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }

    /// The same place with another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Located<U> {
        Located { value: f(self.value), span: self.span }
    }
}

/// A line number and a column, both counted from 1; the column counts characters, and an invalid byte as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LineCol {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl fmt::Display for LineCol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// Where each line of a text begins. Only LF ends a line, as for every reader in PVE.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<u32>,
    /// Inside long lines, places and their columns, so that nobody counts a megabyte for each of a hundred thousand columns.
    marks: OnceLock<Vec<(u32, u32)>>,
}

/// So many bytes lie between two marks, or a few more.
const MARK: usize = 1024;

impl LineIndex {
    /// Finds the lines of `text`.
    #[must_use]
    pub fn new(text: &[u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| Span::new(at + 1, at + 1).start));
        Self { starts, marks: OnceLock::new() }
    }

    /// Index, from 0, of the line that holds `offset`; an offset behind the text belongs to the last line.
    #[must_use]
    pub fn line_of(&self, offset: u32) -> usize {
        self.starts.partition_point(|&start| start <= offset).saturating_sub(1)
    }

    /// The span of line `line` (from 0) of `text`, without its LF; empty behind the last line.
    #[must_use]
    pub fn line_span(&self, line: usize, text: &[u8]) -> Span {
        let end_of_text = text.len();
        let Some(&start) = self.starts.get(line) else { return Span::new(end_of_text, end_of_text) };
        let end = self.starts.get(line + 1).map_or(end_of_text, |&next| next as usize - 1);
        Span::new(start as usize, end)
    }

    /// Number of lines; the empty rest behind a final LF counts as one.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Line and column of `offset` in `text`.
    #[must_use]
    pub fn line_col(&self, offset: u32, text: &[u8]) -> LineCol {
        let line = self.line_of(offset);
        let mut from = (self.starts.get(line).copied().unwrap_or_default(), 1);
        if offset.saturating_sub(from.0) as usize > 2 * MARK {
            let marks = self.marks.get_or_init(|| self.marks_in(text));
            let last = marks.partition_point(|mark| mark.0 <= offset).checked_sub(1);
            from = last.and_then(|last| marks.get(last)).copied().unwrap_or(from).max(from);
        }
        let before = text.get(from.0 as usize..offset as usize).unwrap_or_default();
        LineCol {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(bstr::ByteSlice::chars(before).count()).unwrap_or(u32::MAX).saturating_add(from.1),
        }
    }

    fn marks_in(&self, text: &[u8]) -> Vec<(u32, u32)> {
        let mut marks = Vec::new();
        for line in (0..self.lines()).map(|line| self.line_span(line, text)).filter(|line| line.len() > MARK) {
            let mut next = MARK;
            for (column, (at, ..)) in (1..).zip(bstr::ByteSlice::char_indices(line.bytes(text))) {
                if at >= next {
                    marks.push((Span::new(at, at).shifted(line.start).start, column));
                    next = at + MARK;
                }
            }
        }
        marks
    }
}

/// Splits `text` after every LF: the pieces, concatenated, are `text`. The last piece may lack its LF; an empty text has
/// no piece.
pub fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, tail) = rest.split_at(end);
        rest = tail;
        Some(line)
    })
}

/// `line` without its final LF.
#[must_use]
pub fn without_lf(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// Makes bytes from a file safe to print: invalid UTF-8 becomes U+FFFD, control and invisible direction characters become
/// visible escapes, so that no input can drive a terminal or hide itself.
#[must_use]
pub fn printable(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    for c in bstr::ByteSlice::chars(bytes) {
        push_printable(&mut out, c);
    }
    out
}

/// [`printable`] for text that is a string already.
#[must_use]
pub fn printable_str(text: &str) -> std::borrow::Cow<'_, str> {
    if text.chars().any(is_unprintable) {
        let mut out = String::with_capacity(text.len() + 8);
        for c in text.chars() {
            push_printable(&mut out, c);
        }
        out.into()
    } else {
        text.into()
    }
}

fn push_printable(out: &mut String, c: char) {
    if is_unprintable(c) {
        out.extend(c.escape_default());
    } else {
        out.push(c);
    }
}

/// Control characters, and the format characters that reorder or hide text on a terminal.
pub(crate) fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether `text` is what `pattern` says; `*` in the pattern stands for any text, also for none.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        if let Some(piece) = last.replace(piece) {
            let Some((_, behind)) = rest.split_once(piece) else { return false };
            rest = behind;
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

/// The known name that is closest to `name`, when it is close enough to be what was meant.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> Option<&'a str> {
    let similar = known
        .clone()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate);
    // Two letters swapped make short names look quite different.
    let swapped = |candidate: &&str| {
        candidate.len() == name.len() && name.len() < 6 && strsim::damerau_levenshtein(name, candidate) == 1
    };
    similar.or_else(|| known.clone().find(swapped))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_concatenate_to_the_text() {
        for text in [&b""[..], b"\n", b"a", b"a\n", b"a\n\nb", b"\r\n\n"] {
            assert_eq!(lines(text).collect::<Vec<_>>().concat(), text);
        }
    }

    #[test]
    fn line_index_finds_lines_and_columns() {
        let text = "ab\n\u{e4}c\n".as_bytes();
        let index = LineIndex::new(text);
        assert_eq!(index.lines(), 3);
        assert_eq!(index.line_col(0, text), LineCol { line: 1, column: 1 });
        assert_eq!(index.line_col(5, text), LineCol { line: 2, column: 2 });
        assert_eq!(index.line_col(7, text), LineCol { line: 3, column: 1 });
        assert_eq!(index.line_span(1, text), Span::new(3, 6));
        assert_eq!(index.line_span(2, text), Span::new(7, 7));
    }

    #[test]
    fn columns_of_a_long_line_are_those_counted_from_its_beginning() {
        // Characters of one to four bytes, and bytes that are none.
        let piece = b"a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\xff\xe2\x82";
        let text = [b"short\n", piece.repeat(700).as_slice(), b"\nx\n", piece.repeat(300).as_slice()].concat();
        let index = LineIndex::new(&text);
        for offset in 0..text.len() {
            let start = text[..offset].iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let counted = bstr::ByteSlice::chars(&text[start..offset]).count() + 1;
            let found = index.line_col(u32::try_from(offset).unwrap(), &text);
            assert_eq!(found.column as usize, counted, "offset {offset}");
        }
    }

    #[test]
    fn a_foreign_slice_has_no_place() {
        let text = b"abc".to_vec();
        assert_eq!(Span::of(&text, &text[1..2]), Span::new(1, 2));
        assert_eq!(Span::of(&text, &text[3..]), Span::new(3, 3));
        assert_eq!(Span::of(&text, b"zzz"), Span::default());
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable(b"a\x1b[31m\xff\t"), "a\\u{1b}[31m\u{fffd}\\t");
        assert_eq!(printable_str("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in
            [("a", "a"), ("*", ""), ("a*", "ab"), ("*b", "ab"), ("a*c*e", "abcde"), ("a**", "a"), ("*a*", "bab")]
        {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("a", "ab"), ("a*b", "a"), ("a*ba", "aba_"), ("ab*ba", "aba")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
