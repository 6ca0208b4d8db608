//! Property strings: `local-lvm:vm-100-disk-0,size=8G,backup=1` in guest configs, `keep-last=3,keep-weekly=4` in
//! section configs.
//!
//! Splitting only; which keys exist and what their values may be is [`crate::model::schema`]. The rules are those of
//! `parse_property_string` in pve-common's `PVE/JSONSchema.pm`: every comma separates, the first `=` of a part ends its
//! key, nothing is quoted, escaped or trimmed.

use nom::bytes::complete::take_till;
use nom::character::complete::char;
use nom::combinator::opt;
use nom::sequence::terminated;
use nom::{IResult, Parser};

/// One part of a property string, without the comma behind it. All slices are parts of the text that was split, so
/// [`crate::text::Span::of`] says where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// The whole part; parts, joined with commas, are the property string.
    pub raw: &'a [u8],
    /// How PVE reads it.
    pub form: Form<'a>,
}

/// The four forms a part can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form<'a> {
    /// Nothing but blanks; PVE skips it, so that doubled and trailing commas are harmless.
    Blank,
    /// `key=value`; neither is empty, the value may hold further `=`.
    Pair {
        /// Everything up to the first `=`, blanks included.
        key: &'a [u8],
        /// Everything behind it.
        value: &'a [u8],
    },
    /// Text without any `=`: the value of the schema's default key.
    Bare(&'a [u8]),
    /// `key=` or `=value`: PVE refuses the whole string.
    Broken,
}

/// The parts of `text`, in order. An empty text has one blank part.
pub fn parts(text: &[u8]) -> impl Iterator<Item = Part<'_>> {
    let mut left = Some(text);
    std::iter::from_fn(move || {
        let (rest, (raw, comma)) = part(left?).ok()?;
        left = comma.map(|_| rest);
        Some(Part { raw, form: form(raw) })
    })
}

/// What is in front of the next comma, and whether there is one.
fn part(input: &[u8]) -> IResult<&[u8], (&[u8], Option<char>), ()> {
    (take_till(|byte| byte == b','), opt(char(','))).parse(input)
}

/// Whether Perl's `\s` matches `byte`, as it does in byte strings: blank, TAB, LF, VT, FF, CR.
#[must_use]
pub const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

fn form(raw: &[u8]) -> Form<'_> {
    if raw.iter().all(|&b| is_space(b)) {
        return Form::Blank;
    }
    match pair(raw) {
        Ok((value, key)) if !key.is_empty() && !value.is_empty() => Form::Pair { key, value },
        Ok(_) => Form::Broken,
        Err(_) => Form::Bare(raw),
    }
}

/// The key in front of the first `=`; what is left is the value.
fn pair(raw: &[u8]) -> IResult<&[u8], &[u8], ()> {
    terminated(take_till(|byte| byte == b'='), char('=')).parse(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> Vec<Form<'_>> {
        parts(text.as_bytes()).map(|part| part.form).collect()
    }

    #[test]
    fn nothing_is_trimmed_and_the_first_equals_sign_ends_the_key() {
        assert_eq!(forms("a:b, size=1=2"), [Form::Bare(b"a:b"), Form::Pair { key: b" size", value: b"1=2" }]);
    }

    #[test]
    fn blank_parts_are_skipped_and_halves_are_broken() {
        assert_eq!(forms(", \t,a=,=b,="), [Form::Blank, Form::Blank, Form::Broken, Form::Broken, Form::Broken]);
        assert_eq!(forms(""), [Form::Blank]);
    }
}
