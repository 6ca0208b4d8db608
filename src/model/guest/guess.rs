//! What a line or value that looks wrong was probably meant to be. PVE doesn't ask; people do.

use super::Shape;
use crate::model::tables::lxc as table;
use crate::release::Release;
use crate::syntax::guest::{self, Class, Dialect};
use crate::syntax::property::is_space;

/// Where, inside a value, another line begins that lost its line feed: `512lxc.idmap: u 0 1 1`, `8Gswap: 0`.
pub(in crate::model) fn glued_at(value: &[u8]) -> Option<usize> {
    if value.len() < "1mp0: ".len() {
        return None;
    }
    let raw = memchr::memchr_iter(b'l', value).find(|&at| {
        at > 0
            && value.get(at..).is_some_and(|rest| rest.starts_with(b"lxc."))
            && value.get(at..).is_some_and(|rest| {
                let key = rest
                    .iter()
                    .take_while(|b| b.is_ascii_lowercase() || matches!(b, b'.' | b'_' | b'0'..=b'9'))
                    .count();
                rest.get(key..).is_some_and(|rest| matches!(rest.trim_ascii_start().first(), Some(b':' | b'=')))
            })
    });
    let mut colons = memchr::memchr_iter(b':', value).filter(|&at| value.get(at + 1) == Some(&b' '));
    raw.or_else(|| colons.find_map(|colon| glued_option(value, colon)))
}

/// The start of the longest option key that ends at `colon` with something other than a blank in front.
fn glued_option(value: &[u8], colon: usize) -> Option<usize> {
    let key_char = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    let length = value.get(..colon)?.iter().rev().take(16).take_while(|b| key_char(b)).count();
    (colon - length..colon)
        .find(|&start| value.get(start..colon).is_some_and(|key| table::option(key, Release::Pve9).is_some()))
        .filter(|&start| start > 0 && value.get(start - 1).is_some_and(|b| !is_space(*b) && !matches!(b, b'"' | b'\'')))
}

/// What an unparsable line was probably meant to be.
pub(in crate::model) fn shape(body: &[u8]) -> Shape<'_> {
    let trimmed = body.trim_ascii_start();
    if trimmed.len() < body.len() {
        let alone = guest::parse(trimmed, Dialect::Container).next().map(|line| line.class);
        if !matches!(alone, None | Some(Class::Other)) {
            return Shape::Indented;
        }
    }
    let end = trimmed.iter().position(|&b| is_space(b) || matches!(b, b':' | b'=')).unwrap_or(trimmed.len());
    let (key, rest) = trimmed.split_at(end);
    let blanks = rest.iter().take_while(|b| is_space(**b)).count();
    let separator = rest.get(blanks);
    if key.is_empty() {
        return Shape::Other;
    }
    match separator {
        Some(b'=') => Shape::Equals(key),
        Some(b':') if blanks > 0 => Shape::BlankBeforeColon(key),
        Some(b':') if key.iter().any(u8::is_ascii_uppercase) => Shape::UpperCase(key),
        Some(b':') if rest.get(1..).is_some_and(|value| value.trim_ascii().is_empty()) => Shape::NoValue(key),
        Some(b':') => Shape::BadKey(key),
        _ => Shape::Other,
    }
}
