//! Guest configs: `nodes/<node>/lxc/<vmid>.conf` and `nodes/<node>/qemu-server/<vmid>.conf`.
//!
//! Line by line, as `parse_pct_config` (pve-container, `PVE/LXC/Config.pm`) and `parse_vm_config` (qemu-server,
//! `PVE/QemuServer.pm`) tell lines apart; the first class that fits wins. What a line means for the section it is in is
//! for the models to say.

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag, take_while, take_while1},
    character::complete::{char, satisfy},
    combinator::{recognize, rest},
};

use super::property::is_space;
use crate::text::lines;

/// Which of the two readers looks at the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Containers.
    Container,
    /// Virtual machines. `hyphens` says whether keys may hold `-` (late PVE 8, and 9).
    Vm {
        /// Whether `-` is a key character.
        hyphens: bool,
    },
}

/// One line and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// The whole line with its LF; lines, concatenated, are the file.
    pub raw: &'a [u8],
    /// What it is.
    pub class: Class<'a>,
}

impl<'a> Line<'a> {
    /// The line without its LF: what PVE quotes in its messages.
    #[must_use]
    pub fn body(&self) -> &'a [u8] {
        crate::text::without_lf(self.raw)
    }
}

/// The classes of lines. All slices are parts of the line, so [`crate::text::Span::of`] says where they stand. Values
/// are trimmed on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class<'a> {
    /// Nothing but blanks.
    Blank,
    /// `[pve:pending]` (containers) or `[PENDING]` (machines), in any case.
    Pending,
    /// `[special:<name>]`; machines only.
    Special(&'a [u8]),
    /// `[<name>]`: a snapshot.
    Snapshot(&'a [u8]),
    /// `#<text>`: a line of the description, still percent-encoded. A CR at its end belongs to it.
    Note(&'a [u8]),
    /// `lxc.<key>: <value>` or `lxc.<key> = <value>`; the value may be empty. Containers only.
    Raw {
        /// The key, with `lxc.`.
        key: &'a [u8],
        /// The value.
        value: &'a [u8],
    },
    /// `description: <text>`, still percent-encoded.
    Description(&'a [u8]),
    /// A line that ends in `snapstate: prepare` or `snapstate: delete`, whatever is in front.
    Snapstate(&'a [u8]),
    /// `delete: <list>`.
    Delete(&'a [u8]),
    /// `<key>: <value>`. A value of blanks alone is its last blank.
    Option {
        /// The key.
        key: &'a [u8],
        /// The value, never empty.
        value: &'a [u8],
    },
    /// None of these.
    Other,
}

/// The lines of `text`.
pub fn parse(text: &[u8], dialect: Dialect) -> impl Iterator<Item = Line<'_>> {
    lines(text).map(move |raw| Line { raw, class: classify(crate::text::without_lf(raw), dialect) })
}

fn classify(body: &[u8], dialect: Dialect) -> Class<'_> {
    let trimmed = trim_end(body);
    let Some(first) = trimmed.first() else { return Class::Blank };
    match first {
        b'[' => {
            if let Some(class) = header(trimmed, dialect) {
                return class;
            }
        }
        b'#' => return Class::Note(body.get(1..).unwrap_or_default()),
        b'l' if dialect == Dialect::Container => {
            if let Ok((value, key)) = raw_key(body) {
                return Class::Raw { key, value: trim_start(trim_end(value)) };
            }
        }
        _ => {}
    }
    if let Some(text) = body.strip_prefix(b"description:").map(trim).filter(|text| !text.is_empty()) {
        return Class::Description(text);
    }
    if let Some(state) = snapstate(trimmed) {
        return Class::Snapstate(state);
    }
    if let Some(list) = body.strip_prefix(b"delete:").map(trim).filter(|list| !list.is_empty()) {
        return Class::Delete(list);
    }
    match option_key(body, dialect) {
        Ok((value, key)) if !value.is_empty() => {
            let trimmed = trim(value);
            let value = if trimmed.is_empty() { last_byte(value) } else { trimmed };
            Class::Option { key, value }
        }
        _ => Class::Other,
    }
}

fn header(trimmed: &[u8], dialect: Dialect) -> Option<Class<'_>> {
    let inner = trimmed.strip_prefix(b"[")?.strip_suffix(b"]")?;
    let pending: &[u8] = if dialect == Dialect::Container { b"pve:pending" } else { b"PENDING" };
    if inner.eq_ignore_ascii_case(pending) {
        return Some(Class::Pending);
    }
    let is_name = |text: &[u8]| {
        text.len() >= 2
            && text.first().is_some_and(u8::is_ascii_alphabetic)
            && text.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if dialect != Dialect::Container
        && let Some(name) =
            inner.get(8..).filter(|_| inner.get(..8).is_some_and(|p| p.eq_ignore_ascii_case(b"special:")))
    {
        return is_name(name).then_some(Class::Special(name));
    }
    is_name(inner).then_some(Class::Snapshot(inner))
}

/// `lxc.<key>` and its separator: a colon right behind it, or an equals sign behind any blanks.
fn raw_key(body: &[u8]) -> IResult<&[u8], &[u8]> {
    let is_key = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.');
    let key = recognize((tag("lxc."), take_while1(is_key)));
    let equals = recognize((take_while(is_space), char('=')));
    let (value, (key, _)) = (key, alt((tag(":"), equals))).parse(body)?;
    let (end, value) = rest(value)?;
    debug_assert!(end.is_empty());
    Ok((value, key))
}

/// The key of an option and its colon.
fn option_key(body: &[u8], dialect: Dialect) -> IResult<&[u8], &[u8]> {
    let hyphens = dialect == Dialect::Vm { hyphens: true };
    let is_letter = move |b: u8| b.is_ascii_lowercase() || b == b'_' || (hyphens && b == b'-');
    let first = satisfy(|c| c.is_ascii_lowercase());
    let mut key = recognize((first, take_while(is_letter), take_while(|b: u8| b.is_ascii_digit())));
    let (rest, key) = key.parse(body)?;
    let (value, _) = char(':')(rest)?;
    Ok((value, key))
}

fn snapstate(trimmed: &[u8]) -> Option<&[u8]> {
    let state: &[u8] = if trimmed.ends_with(b"prepare") {
        b"prepare"
    } else if trimmed.ends_with(b"delete") {
        b"delete"
    } else {
        return None;
    };
    let (before, state) = trimmed.split_at_checked(trimmed.len() - state.len())?;
    trim_end(before).ends_with(b"snapstate:").then_some(state)
}

fn last_byte(text: &[u8]) -> &[u8] {
    text.get(text.len().saturating_sub(1)..).unwrap_or_default()
}

fn trim(text: &[u8]) -> &[u8] {
    trim_start(trim_end(text))
}

fn trim_start(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    text.get(start..).unwrap_or_default()
}

fn trim_end(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|&b| !is_space(b)).map_or(0, |last| last + 1);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(body: &str) -> Class<'_> {
        classify(body.as_bytes(), Dialect::Container)
    }

    fn option<'a>(key: &'a str, value: &'a str) -> Class<'a> {
        Class::Option { key: key.as_bytes(), value: value.as_bytes() }
    }

    fn raw<'a>(key: &'a str, value: &'a str) -> Class<'a> {
        Class::Raw { key: key.as_bytes(), value: value.as_bytes() }
    }

    #[test]
    fn keys_stand_at_the_edge_and_values_are_trimmed() {
        assert_eq!(class("memory:512"), option("memory", "512"));
        assert_eq!(class("memory:\t 512 \r"), option("memory", "512"));
        assert_eq!(class("mp00: a"), option("mp00", "a"));
        for bad in [" memory: 1", "Memory: 1", "memory : 1", "memory=1", "memory:", "foo-bar: x", "a9b: 1", "_a: 1"] {
            assert_eq!(class(bad), Class::Other, "{bad}");
        }
    }

    #[test]
    fn a_value_of_blanks_is_its_last_blank() {
        assert_eq!(class("memory:  "), option("memory", " "));
        assert_eq!(class("memory:\r"), option("memory", "\r"));
        assert_eq!(class("description: "), option("description", " "));
        assert_eq!(class("delete:\t"), option("delete", "\t"));
    }

    #[test]
    fn raw_lines_allow_blanks_before_equals_only() {
        assert_eq!(class("lxc.idmap: u 0 1 2 "), raw("lxc.idmap", "u 0 1 2"));
        assert_eq!(class("lxc.idmap  =u"), raw("lxc.idmap", "u"));
        assert_eq!(class("lxc.idmap:"), raw("lxc.idmap", ""));
        for bad in ["lxc.idmap : u", "lxc.IDMAP: u", "lxc.: u", "lxc.idmap"] {
            assert_eq!(class(bad), Class::Other, "{bad}");
        }
    }

    #[test]
    fn headers_take_any_case_and_trailing_blanks() {
        assert_eq!(class("[PVE:pending] "), Class::Pending);
        assert_eq!(class("[pending]"), Class::Snapshot(b"pending"));
        assert_eq!(class("[A-1]\r"), Class::Snapshot(b"A-1"));
        for bad in ["[a]", "[1ab]", "[a b]", "[a.b]", " [ab]", "[special:x]", "[ab]x"] {
            assert_eq!(class(bad), Class::Other, "{bad}");
        }
        let machine = |body: &'static str| classify(body.as_bytes(), Dialect::Vm { hyphens: true });
        assert_eq!(machine("[pending]"), Class::Pending);
        assert_eq!(machine("[special:cloudinit]"), Class::Special(b"cloudinit"));
        assert_eq!(machine("running-nets: x"), option("running-nets", "x"));
    }

    #[test]
    fn snapstate_is_not_anchored() {
        assert_eq!(class("xyz snapstate: prepare "), Class::Snapstate(b"prepare"));
        assert_eq!(class("snapstate:delete"), Class::Snapstate(b"delete"));
        assert_eq!(class("snapstate: done"), option("snapstate", "done"));
        assert_eq!(class("lxc.group: snapstate: delete"), raw("lxc.group", "snapstate: delete"));
    }
}
