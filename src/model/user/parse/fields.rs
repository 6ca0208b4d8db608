//! The fields of one line, and what Perl makes of numbers and truth in them.

use crate::syntax::colon::{Field, Line};
use crate::text::{Located, Span};
use bstr::{BStr, BString, ByteSlice};
use std::borrow::Cow;

/// The type and at most 8 fields that mean something, and one that shows that there are more.
const FIELDS: usize = 10;

/// The fields of one line; fields that aren't there are empty, at the end of the line.
pub(super) struct Fields<'a> {
    fields: [Field<'a>; FIELDS],
    pub(super) count: usize,
    end: u32,
}

impl<'a> Fields<'a> {
    pub(super) fn new(line: &Line<'a>) -> Self {
        let end = line.content.span.end;
        let nothing = Span { start: end, end };
        let mut fields = [Field { text: b"", span: nothing, whole: nothing }; FIELDS];
        let mut count = 0;
        let mut last = end;
        for field in line.fields() {
            if let Some(slot) = fields.get_mut(count) {
                *slot = field;
            }
            last = field.whole.end;
            count += 1;
        }
        Self { fields, count, end: last }
    }

    /// The fields of the line whose content is at `line`.
    pub(super) fn at(line: Span, text: &'a [u8]) -> Self {
        Self::new(&Line { span: line, content: Located::new(line.bytes(text), line) })
    }

    /// Field `nth`; the type is field 0.
    pub(super) fn get(&self, nth: usize) -> Field<'a> {
        self.fields.get(nth).copied().unwrap_or_default()
    }

    pub(super) fn located(&self, nth: usize) -> Located<&'a BStr> {
        let field = self.get(nth);
        Located::new(field.text.as_bstr(), field.span)
    }

    /// The field, when the line is long enough to have it.
    pub(super) fn present(&self, nth: usize) -> Option<Located<&'a BStr>> {
        (nth < self.count).then(|| self.located(nth))
    }

    /// From field `nth` to the last.
    pub(super) fn from(&self, nth: usize) -> Option<Span> {
        (nth < self.count).then(|| Span { start: self.get(nth).whole.start, end: self.end })
    }
}

/// Perl's truth: anything but the empty string and `0`.
pub(super) fn is_true(text: &[u8]) -> bool {
    !matches!(text, b"" | b"0")
}

pub(super) fn digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// The value of a string of digits; `None` beyond 64 bits.
pub(super) fn number(digits: &[u8]) -> Option<u64> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A string of digits as Perl prints `int()` of it: without leading zeros, and beyond 64 bits as a float.
pub(super) fn perl_int(digits: &[u8]) -> (u64, Cow<'_, BStr>) {
    let zeros = digits.iter().take_while(|&&byte| byte == b'0').count();
    let short = digits.get(zeros.min(digits.len().saturating_sub(1))..).unwrap_or_default();
    match number(short) {
        Some(value) => (value, Cow::Borrowed(short.as_bstr())),
        None => (u64::MAX, Cow::Owned(BString::from(super::super::dump::perl_float(short)))),
    }
}
