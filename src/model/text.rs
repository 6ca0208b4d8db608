//! Free text: names and comments of `user.cfg`, descriptions of guests. Percent-encoded UTF-8 (pve-common, `PVE/Tools.pm`:
//! `decode_text` and `encode_text`), read by Perl's `Encode::decode("utf8", ...)`.
//!
//! That is laxer than UTF-8: it holds surrogates and code points beyond U+10FFFF too, and PVE writes them back as they were.
//! No Rust string holds them and no JSON says them in a way that all agree on, so here each of them is U+FFFD.

use memchr::memchr;
use std::borrow::Cow;

use crate::release::Release;

/// A decoded text and what was irregular about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Decoded<'a> {
    pub(super) text: Cow<'a, str>,
    /// Some `%` isn't followed by two hexadecimal digits.
    pub(super) stray_percent: bool,
    /// The decoded bytes aren't UTF-8, not even Perl's: PVE holds U+FFFD for some of them.
    pub(super) not_utf8: bool,
}

/// `%XX` becomes a byte, other `%` stay; then what isn't UTF-8 becomes U+FFFD.
pub(super) fn decode(raw: &[u8], release: Release) -> Decoded<'_> {
    if memchr(b'%', raw).is_none() {
        let (text, not_utf8) = match std::str::from_utf8(raw) {
            Ok(text) => (Cow::Borrowed(text), false),
            Err(_) => lax(raw, release),
        };
        return Decoded { text, stray_percent: false, not_utf8 };
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
    let (text, not_utf8) = match String::from_utf8(bytes) {
        Ok(text) => (Cow::Owned(text), false),
        Err(error) => lax(error.as_bytes(), release),
    };
    Decoded { text, stray_percent, not_utf8 }
}

/// What Perl reads in bytes that aren't all UTF-8, and whether it replaced any of them.
fn lax(bytes: &[u8], release: Release) -> (Cow<'static, str>, bool) {
    let mut text = String::with_capacity(bytes.len());
    let mut replaced = false;
    let mut left = bytes;
    loop {
        let valid = match std::str::from_utf8(left) {
            Ok(rest) => {
                text.push_str(rest);
                return (Cow::Owned(text), replaced);
            }
            Err(error) => error.valid_up_to(),
        };
        let (before, quirk) = left.split_at(valid);
        text.push_str(std::str::from_utf8(before).unwrap_or_default());
        text.push(char::REPLACEMENT_CHARACTER);
        let (len, kept) = sequence(quirk, release);
        replaced |= !kept;
        left = quirk.get(len..).unwrap_or_default();
    }
}

/// How many of these bytes, which don't begin with a character, Perl takes as one sequence, and whether that is one of its own
/// code points beyond Unicode. Otherwise it is one U+FFFD.
fn sequence(bytes: &[u8], release: Release) -> (usize, bool) {
    let Some((&first, rest)) = bytes.split_first() else { return (1, false) };
    // Its whole length, and as a power of two the least number that needs so many bytes.
    let (len, least) = match first {
        ..0xc0 => (1, 0),
        0xc0..0xe0 => (2, 7),
        0xe0..0xf0 => (3, 11),
        0xf0..0xf8 => (4, 16),
        0xf8..0xfc => (5, 21),
        0xfc..0xfe => (6, 26),
        0xfe => (7, 31),
        0xff => (13, 36),
    };
    let following = rest.iter().take(len - 1).take_while(|byte| matches!(byte, 0x80..0xc0));
    let found = 1 + following.clone().count();
    if len > 1 && found == len {
        let bits = u128::from(first) & (0x7f >> len);
        let value = following.fold(bits, |value, &byte| value << 6 | u128::from(byte & 0x3f));
        if value >> least != 0 && i64::try_from(value).is_ok() {
            return (len, true);
        }
    }
    // The perls of Debian 11, 12 and 13 are 5.32, 5.36 and 5.40; of these 5.36 has the mistake.
    let swallowed = if release == Release::Pve8 { swallowed(first, rest) } else { None };
    (swallowed.map_or(found, |more| 1 + more), false)
}

/// How many bytes after a first one that begins nothing perl 5.36 takes along.
///
/// Before it measures a malformed sequence it tries an automaton for common characters, and doesn't look whether that has
/// refused already after the first byte (`utf8n_to_uvchr_msgs`, `inline.h`). The state for "refused" is 1 and is added to the
/// column of the next byte, so that byte is taken for one of the next class. If what follows is a character then, all of it
/// is one malformed sequence: the euro sign after a stray 0x85 is lost.
fn swallowed(first: u8, rest: &[u8]) -> Option<usize> {
    // 0xED, which begins surrogates, isn't left to the automaton.
    const NOT_A_START: [std::ops::RangeInclusive<u8>; 3] = [0x80..=0xc1, 0xed..=0xed, 0xf5..=0xff];
    if !NOT_A_START.iter().any(|range| range.contains(&first)) {
        return None;
    }
    // One byte of the class for which it is taken.
    let taken_for = match rest.first()? {
        0xc0 | 0xc1 | 0xed | 0xf5.. => 0xc2,
        0xc2..=0xdf => 0xe1,
        0xe1..=0xee => 0xef,
        0xef => 0xf4,
        0xf4 => 0xf1,
        0xf1..=0xf3 => 0xe0,
        0xe0 => 0xf0,
        _ => return None,
    };
    let mut shifted = [0; 4];
    for (to, from) in shifted.iter_mut().zip(std::iter::once(&taken_for).chain(rest.iter().skip(1))) {
        *to = *from;
    }
    let (character, len) = bstr::decode_utf8(shifted);
    let noncharacter = |c: u32| c & 0xfffe == 0xfffe || matches!(c, 0xfdd0..=0xfdef);
    character.filter(|&character| !noncharacter(character.into())).map(|_| len)
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
        let decoded = decode(b"c%C3%A4%zz+1%4", Release::Pve9);
        assert_eq!((&*decoded.text, decoded.stray_percent, decoded.not_utf8), ("c\u{e4}%zz+1%4", true, false));
        assert_eq!(decode(b"%2541", Release::Pve9).text, "%41");
    }

    #[test]
    fn utf8_is_not_copied() {
        let decoded = decode("gr\u{fc}n \u{ffff}\u{10ffff}".as_bytes(), Release::Pve8);
        assert!(matches!(decoded.text, Cow::Borrowed(_)) && !decoded.not_utf8);
    }

    /// Bytes, what `Encode::decode("utf8", ...)` of perl 5.32 and 5.40 makes of them, and that of 5.36 where it differs.
    /// Recorded from the three.
    const RECORDED: &[(&[u8], &str, Option<&str>)] = &[
        (b"\xff", "\u{fffd}", None),
        (b"A\xff", "A\u{fffd}", None),
        (b"\x85\x85", "\u{fffd}\u{fffd}", None),
        (b"A\xa0", "A\u{fffd}", None),
        (b"\xc0\x80", "\u{fffd}", None),
        (b"\xc1\xbfA", "\u{fffd}A", None),
        (b"\xe0\x80\x80", "\u{fffd}", None),
        (b"\xe0\x9f\xbf", "\u{fffd}", None),
        (b"\xf0\x80\x80\xaf", "\u{fffd}", None),
        (b"\xf0\x8f\xbf\xbfA", "\u{fffd}A", None),
        (b"\xe2\x82", "\u{fffd}", None),
        (b"\xe2\x82A", "\u{fffd}A", None),
        (b"\xf0\x90\x80A", "\u{fffd}A", None),
        (b"\xc3A", "\u{fffd}A", None),
        (b"\xe2\xe2\x82\xac", "\u{fffd}\u{20ac}", None),
        (b"\xc3\xe2\x82\xac", "\u{fffd}\u{20ac}", None),
        (b"\x85\xc3\xa9", "\u{fffd}\u{e9}", None),
        (b"\x85\xc3\xa9\x80", "\u{fffd}\u{e9}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xc0\x80", "\u{fffd}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xf5\xbf", "\u{fffd}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\x85\x85\xe2\x82\xac", "\u{fffd}\u{fffd}\u{20ac}", Some("\u{fffd}\u{fffd}")),
        (b"\xc0\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\xed\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\xf5\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\xff\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\xf8\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\x85A\xe2\x82\xac", "\u{fffd}A\u{20ac}", None),
        (b"\xf7\xe2\x82\xac", "\u{fffd}\u{20ac}", Some("\u{fffd}")),
        (b"\xed\xa0\xe2\x82\xac", "\u{fffd}\u{20ac}", None),
        (b"\x85\xef\xb7\x80", "\u{fffd}\u{fdc0}", None),
        (b"\x85\xee\xb7\x90", "\u{fffd}\u{edd0}", None),
        (b"\x85\xee\xbf\xbf", "\u{fffd}\u{efff}", None),
        (b"\x85\xee\xb7\x80", "\u{fffd}\u{edc0}", Some("\u{fffd}")),
        (b"\x85\xef\x80\xbf\xbf", "\u{fffd}\u{f03f}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xef\x8f\xbf\xbe", "\u{fffd}\u{f3ff}\u{fffd}", None),
        (b"\x85\xef\x90\x80", "\u{fffd}\u{f400}", None),
        (b"\x85\xf1\xa0\x80", "\u{fffd}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xf1\x80\x80", "\u{fffd}\u{fffd}", None),
        (b"\x85\xe0\x90\x80\x80", "\u{fffd}\u{fffd}\u{fffd}", Some("\u{fffd}")),
        (b"\x85\xe0\x80\x80\x80", "\u{fffd}\u{fffd}\u{fffd}", None),
        (b"\x85\xe0\x9f\xbf\xbe", "\u{fffd}\u{fffd}\u{fffd}", None),
        (b"\x85\xf4\x80\x80\x80", "\u{fffd}\u{100000}", Some("\u{fffd}")),
        (b"\x85\xf4\x8f\xbf\xbf", "\u{fffd}\u{10ffff}", None),
        (b"\x85\xf0\x90\x80\x80", "\u{fffd}\u{10000}", None),
        (b"\xfe\x80\x80\x80\x80\x80\x80", "\u{fffd}", None),
        (b"\xff\x80\x88\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", "\u{fffd}", None),
        (b"\xff\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80A", "\u{fffd}A", None),
    ];

    #[test]
    fn malformed_text_is_read_as_perl_reads_it() {
        for &(bytes, text, in_8) in RECORDED {
            let escaped: String = bytes.iter().map(|byte| format!("%{byte:02x}")).collect();
            for (release, text) in Release::ALL.into_iter().zip([text, in_8.unwrap_or(text), text]) {
                let decoded = decode(bytes, release);
                assert_eq!(decoded.text, text, "{escaped} {release}");
                assert!(decoded.not_utf8, "{escaped} {release}");
                assert_eq!(decode(escaped.as_bytes(), release), Decoded { text: text.into(), ..decoded });
            }
        }
    }

    /// `ord` of what perl reads: D800, DFFF, 110000, 1FFFFF, 200000, 4000000, 80000000, 1000000000, 7FFFFFFFFFFFFFFF.
    #[test]
    fn code_points_beyond_unicode_are_one_u_fffd_and_no_mistake() {
        let held: [&[u8]; 9] = [
            b"\xed\xa0\x80",
            b"\xed\xbf\xbf",
            b"\xf4\x90\x80\x80",
            b"\xf7\xbf\xbf\xbf",
            b"\xf8\x88\x80\x80\x80",
            b"\xfc\x84\x80\x80\x80\x80",
            b"\xfe\x82\x80\x80\x80\x80\x80",
            b"\xff\x80\x80\x80\x80\x80\x81\x80\x80\x80\x80\x80\x80",
            b"\xff\x80\x87\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf\xbf",
        ];
        for (bytes, release) in held.iter().flat_map(|bytes| Release::ALL.map(|release| (bytes, release))) {
            let decoded = decode(bytes, release);
            assert_eq!((&*decoded.text, decoded.not_utf8), ("\u{fffd}", false), "{bytes:x?} {release}");
        }
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
        assert_eq!(decode(encoded("\u{7f}:%41", Release::Pve8).as_bytes(), Release::Pve8).text, "\u{7f}:%41");
    }
}
