//! Free text: names and comments of `user.cfg`, descriptions of guests. Percent-encoded UTF-8 (pve-common, `PVE/Tools.pm`:
//! `decode_text` and `encode_text`).

use bstr::{ByteSlice, ByteVec};
use memchr::memchr;
use std::borrow::Cow;

use crate::release::Release;

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

/// Appends `text` as PVE writes it: control characters, bytes from 0x7F on, `:` and, from 8 on, `%` are encoded.
pub(super) fn encode(out: &mut Vec<u8>, text: &str, release: Release) {
    for &byte in text.as_bytes() {
        let encoded = !(0x20..0x7f).contains(&byte) || byte == b':' || (byte == b'%' && release >= Release::Pve8);
        if encoded {
            out.extend_from_slice(format!("%{byte:02X}").as_bytes());
        } else {
            out.push(byte);
        }
    }
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

    #[test]
    fn what_is_encoded_is_decoded_again() {
        let encoded = |text, release| {
            let mut out = Vec::new();
            encode(&mut out, text, release);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(encoded("a:b\t\u{e4}%", Release::Pve9), "a%3Ab%09%C3%A4%25");
        assert_eq!(encoded("100%zz", Release::Pve7), "100%zz");
        assert_eq!(decode(encoded("\u{7f}:%41", Release::Pve8).as_bytes()).text, "\u{7f}:%41");
    }
}
