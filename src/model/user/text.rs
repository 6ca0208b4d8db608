//! Free text fields of `user.cfg`: names and comments, percent-encoded UTF-8 (pve-common, `decode_text`).

use bstr::{ByteSlice, ByteVec};
use memchr::memchr;
use std::borrow::Cow;

/// A decoded text and what was irregular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Some `%` isn't followed by two hexadecimal digits.
    pub(super) stray_percent: bool,
    /// The decoded bytes aren't UTF-8.
    pub(super) not_utf8: bool,
}

/// `%XX` becomes a byte, other `%` stay; then invalid UTF-8 becomes U+FFFD.
pub(super) fn decode(raw: &[u8]) -> Decoded<'_> {
    if memchr(b'%', raw).is_none() {
        let text = raw.to_str_lossy();
        return Decoded { not_utf8: matches!(text, Cow::Owned(_)), text, stray_percent: false };
    }
    let mut bytes = Vec::with_capacity(raw.len());
    let mut stray_percent = false;
    let mut left = raw;
    while let Some(at) = memchr(b'%', left) {
        let (before, from) = left.split_at(at);
        bytes.extend_from_slice(before);
        if let [b'%', high, low, rest @ ..] = from
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            left = rest;
        } else {
            stray_percent = true;
            bytes.push(b'%');
            left = from.get(1..).unwrap_or_default();
        }
    }
    bytes.extend_from_slice(left);
    let not_utf8 = std::str::from_utf8(&bytes).is_err();
    Decoded { text: Cow::Owned(bytes.into_string_lossy()), stray_percent, not_utf8 }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_signs_that_encode_nothing_stay() {
        let decoded = decode(b"c%C3%A4%zz+1%4");
        assert_eq!((&*decoded.text, decoded.stray_percent, decoded.not_utf8), ("c\u{e4}%zz+1%4", true, false));
        assert_eq!(decode(b"%ff").text, "\u{fffd}");
        assert!(decode(b"%ff").not_utf8 && decode(b"\xff").not_utf8);
        assert_eq!(decode(b"%2541").text, "%41");
    }
}
