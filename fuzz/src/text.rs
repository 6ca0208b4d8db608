//! Spans against the text that they are in.

use pvelint::release::Release;
use pvelint::text::Span;

/// A text, and whether spans in it must keep characters whole.
pub(crate) struct Text<'a> {
    bytes: &'a [u8],
    utf8: Option<&'a str>,
}

impl<'a> Text<'a> {
    /// `cuts_characters`: PVE itself takes this text apart inside characters.
    pub(crate) fn new(bytes: &'a [u8], cuts_characters: bool) -> Self {
        Self { bytes, utf8: std::str::from_utf8(bytes).ok().filter(|_| !cuts_characters) }
    }

    /// pve-common 9.1.17 splits lists at single bytes, even inside a character.
    pub(crate) fn of_release(bytes: &'a [u8], release: Release) -> Self {
        Self::new(bytes, release == Release::Pve9 && bytes.iter().any(|byte| matches!(byte, 0x85 | 0xa0)))
    }

    pub(crate) fn strict(bytes: &'a [u8]) -> Self {
        Self::new(bytes, false)
    }

    #[track_caller]
    pub(crate) fn check(&self, span: Span) {
        let range = span.range();
        assert!(range.start <= range.end && range.end <= self.bytes.len(), "{span:?} of {}", self.bytes.len());
        if let Some(text) = self.utf8 {
            assert!(
                text.is_char_boundary(range.start) && text.is_char_boundary(range.end),
                "{span:?} cuts a character"
            );
        }
    }

    /// `part` inside `whole`.
    #[track_caller]
    pub(crate) fn inside(&self, whole: Span, part: Span) {
        self.check(whole);
        self.check(part);
        assert!(whole.start <= part.start && part.end <= whole.end, "{part:?} outside {whole:?}");
    }

    #[track_caller]
    pub(crate) fn bytes(&self, span: Span) -> &'a [u8] {
        self.check(span);
        span.bytes(self.bytes)
    }
}
