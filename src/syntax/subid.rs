//! `/etc/subuid` and `/etc/subgid`: lines of `owner:start:count`, split as shadow's `lib/subordinateio.c` splits them.
//!
//! Splitting only; numbers and owners are judged by [`crate::model::subid`].

use nom::{IResult, Parser, bytes::complete::take_till, character::complete::char};

use crate::text::{lines, without_lf};

/// Lines of this length and more are ignored by shadow.
pub const MAX_LINE: usize = 1024;

/// One line and its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The whole line with its LF; lines, concatenated, are the file.
    pub raw: &'a [u8],
    /// How shadow reads it.
    pub form: Form<'a>,
}

/// The forms of lines. All slices are parts of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// Three non-empty fields. Whatever follows a third colon is ignored.
    Fields {
        /// Account that may map the range.
        owner: &'a [u8],
        /// First id, in C notation.
        start: &'a [u8],
        /// Number of ids, in C notation.
        count: &'a [u8],
    },
    /// Begins with `+` or `-`: an entry for NIS.
    Nis,
    /// [`MAX_LINE`] bytes or more.
    TooLong,
    /// Fewer than three fields, or an empty one.
    Other,
}

/// The lines of `text`.
pub fn parse(text: &[u8]) -> impl Iterator<Item = Line<'_>> {
    lines(text).map(|raw| Line { raw, form: form(without_lf(raw)) })
}

fn form(line: &[u8]) -> Form<'_> {
    // C strings end at NUL.
    let line = memchr::memchr(0, line).and_then(|end| line.get(..end)).unwrap_or(line);
    if matches!(line.first(), Some(b'+' | b'-')) {
        return Form::Nis;
    }
    if line.len() >= MAX_LINE {
        return Form::TooLong;
    }
    match fields(line) {
        Ok((_, (owner, _, start, _, count))) if ![owner, start, count].iter().any(|field| field.is_empty()) => {
            Form::Fields { owner, start, count }
        }
        _ => Form::Other,
    }
}

type Fields<'a> = (&'a [u8], char, &'a [u8], char, &'a [u8]);

fn fields(line: &[u8]) -> IResult<&[u8], Fields<'_>> {
    let field = || take_till(|b| b == b':');
    (field(), char(':'), field(), char(':'), field()).parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_fields_are_enough_and_more_are_ignored() {
        let fields = Form::Fields { owner: b"root", start: b"1", count: b"2" };
        assert_eq!(form(b"root:1:2"), fields);
        assert_eq!(form(b"root:1:2:x:y"), fields);
        assert_eq!(form(b"root:1:2\0:junk"), fields);
        for bad in ["root:1", "root::1", ":1:2", "root:1:", "", "# c"] {
            assert_eq!(form(bad.as_bytes()), Form::Other, "{bad}");
        }
        assert_eq!(form(b"+root:1:2"), Form::Nis);
        assert_eq!(form(&[b'a'; MAX_LINE]), Form::TooLong);
    }
}
