//! The named formats of pve-common (`register_format` in `PVE/JSONSchema.pm`) that more than one file uses.
//!
//! Formats that belong to one file are with its model. Each function says whether a text has the format and, if not,
//! what PVE dies with.

use std::net::{Ipv4Addr, Ipv6Addr};

use bstr::BString;

use super::{is_digits, number};
use crate::release::Release;
use crate::syntax::property::is_space;

/// What a [`super::Verify`] gives.
pub type Verdict = Result<(), BString>;

/// Elements of a list (`split_list` in pve-common): separated by commas, semicolons and blanks in any number, or by
/// NUL alone where one occurs. NUL-separated elements may be empty. As PVE 7 and 8 do it; see [`list_in`].
pub fn list(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    list_in(text, Release::Pve8)
}

/// [`list`] as `release` does it: since pve-common 9.1.17 the single bytes 0x85 and 0xA0 are blanks, too, so that UTF-8
/// text is torn apart at some characters.
pub fn list_in(text: &[u8], release: Release) -> impl Iterator<Item = &[u8]> {
    let by_nul = memchr::memchr(0, text).is_some();
    let mut rest = if by_nul { trim_end(text, |b| b == 0) } else { text };
    let mut done = rest.is_empty();
    std::iter::from_fn(move || {
        if by_nul {
            if done {
                return None;
            }
            let end = memchr::memchr(0, rest).unwrap_or(rest.len());
            let (element, tail) = rest.split_at(end);
            done = tail.is_empty();
            rest = tail.get(1..).unwrap_or_default();
            return Some(element);
        }
        let is_separator =
            |b: &u8| is_space(*b) || matches!(b, b',' | b';') || (release >= Release::Pve9 && matches!(b, 0x85 | 0xa0));
        let start = rest.iter().position(|b| !is_separator(b))?;
        let (_, from) = rest.split_at(start);
        let end = from.iter().position(is_separator).unwrap_or(from.len());
        let (element, tail) = from.split_at(end);
        rest = tail;
        Some(element)
    })
}

fn trim_end(text: &[u8], drop: impl Fn(u8) -> bool) -> &[u8] {
    let keep = text.iter().rposition(|&b| !drop(b)).map_or(0, |last| last + 1);
    text.get(..keep).unwrap_or_default()
}

fn demand(holds: bool, text: &str) -> Verdict {
    if holds { Ok(()) } else { Err(text.into()) }
}

fn demand_quoting(holds: bool, before: &str, value: &[u8], after: &str) -> Verdict {
    if holds {
        return Ok(());
    }
    let mut text = BString::from(before);
    text.extend_from_slice(value);
    text.extend_from_slice(after.as_bytes());
    Err(text)
}

/// Whether `text` starts with a character of `first`, ends with one of `last`, and holds only those of `inner` between.
fn shaped(text: &[u8], first: fn(u8) -> bool, inner: fn(u8) -> bool, last: fn(u8) -> bool) -> bool {
    match text {
        [a, middle @ .., z] => first(*a) && last(*z) && middle.iter().all(|&b| inner(b)),
        _ => false,
    }
}

const fn alpha(b: u8) -> bool {
    b.is_ascii_alphabetic()
}

const fn alnum(b: u8) -> bool {
    b.is_ascii_alphanumeric()
}

const fn id_char(b: u8) -> bool {
    alnum(b) || matches!(b, b'-' | b'_' | b'.')
}

const fn config_id_char(b: u8) -> bool {
    alnum(b) || matches!(b, b'-' | b'_')
}

const fn label_char(b: u8) -> bool {
    alnum(b) || b == b'-'
}

/// Letters, digits and `_`: Perl's `\w` in byte strings.
#[must_use]
pub const fn is_word(b: u8) -> bool {
    alnum(b) || b == b'_'
}

/// A dotted quad without leading zeros.
#[must_use]
pub fn ipv4_addr(text: &[u8]) -> Option<Ipv4Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// An IPv6 address without zone.
#[must_use]
pub fn ipv6_addr(text: &[u8]) -> Option<Ipv6Addr> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Address and prefix length, `/` and decimal digits.
fn cidr(text: &[u8]) -> Option<(&[u8], u32)> {
    let at = memchr::memrchr(b'/', text)?;
    let (addr, prefix) = text.split_at(at);
    let prefix = prefix.get(1..).filter(|prefix| is_digits(prefix))?;
    Some((addr, std::str::from_utf8(prefix).ok()?.parse().ok()?))
}

/// An IPv4 address with a prefix length of 8 to 32.
#[must_use]
pub fn cidrv4_parts(text: &[u8]) -> Option<(Ipv4Addr, u32)> {
    let (addr, prefix) = cidr(text)?;
    Some((ipv4_addr(addr)?, prefix)).filter(|_| (8..=32).contains(&prefix))
}

/// An IPv6 address with a prefix length of 8 to 128.
#[must_use]
pub fn cidrv6_parts(text: &[u8]) -> Option<(Ipv6Addr, u32)> {
    let (addr, prefix) = cidr(text)?;
    Some((ipv6_addr(addr)?, prefix)).filter(|_| (8..=128).contains(&prefix))
}

/// `ipv4`.
pub fn ipv4(text: &[u8], _: Release) -> Verdict {
    demand(ipv4_addr(text).is_some(), "value does not look like a valid IPv4 address")
}

/// `ipv6`.
pub fn ipv6(text: &[u8], _: Release) -> Verdict {
    demand(ipv6_addr(text).is_some(), "value does not look like a valid IPv6 address")
}

/// `ip`.
pub fn ip(text: &[u8], _: Release) -> Verdict {
    let holds = ipv4_addr(text).is_some() || ipv6_addr(text).is_some();
    demand(holds, "value does not look like a valid IP address")
}

/// `CIDRv4`.
pub fn cidrv4(text: &[u8], _: Release) -> Verdict {
    demand(cidrv4_parts(text).is_some(), "value does not look like a valid IPv4 network")
}

/// `CIDRv6`.
pub fn cidrv6(text: &[u8], _: Release) -> Verdict {
    demand(cidrv6_parts(text).is_some(), "value does not look like a valid IPv6 network")
}

/// `CIDR`.
pub fn cidr_any(text: &[u8], _: Release) -> Verdict {
    let holds = cidrv4_parts(text).is_some() || cidrv6_parts(text).is_some();
    demand(holds, "value does not look like a valid CIDR network")
}

/// `pve-ipv4-config`: `dhcp`, `manual` or a CIDR.
pub fn ipv4_config(text: &[u8], _: Release) -> Verdict {
    let holds = matches!(text, b"dhcp" | b"manual") || cidrv4_parts(text).is_some();
    demand(holds, "value does not look like a valid ipv4 network configuration")
}

/// `pve-ipv6-config`: `auto`, `dhcp`, `manual` or a CIDR.
pub fn ipv6_config(text: &[u8], _: Release) -> Verdict {
    let holds = matches!(text, b"auto" | b"dhcp" | b"manual") || cidrv6_parts(text).is_some();
    demand(holds, "value does not look like a valid ipv6 network configuration")
}

fn is_label(text: &[u8]) -> bool {
    matches!(text, [b] if alnum(*b)) || shaped(text, alnum, label_char, alnum)
}

/// Whether `text` is a DNS name for PVE: labels of letters, digits and inner hyphens; no limit on lengths.
#[must_use]
pub fn is_dns_name(text: &[u8]) -> bool {
    text.split(|&b| b == b'.').all(is_label)
}

/// `dns-name`.
pub fn dns_name(text: &[u8], _: Release) -> Verdict {
    demand(is_dns_name(text), "value does not look like a valid DNS name")
}

/// `address`: IP address or DNS name.
pub fn address(text: &[u8], _: Release) -> Verdict {
    let holds = ipv4_addr(text).is_some() || ipv6_addr(text).is_some() || is_dns_name(text);
    demand_quoting(holds, "value does not look like a valid address: ", text, "")
}

/// `pve-node`.
pub fn node(text: &[u8], _: Release) -> Verdict {
    demand(is_label(text), "value does not look like a valid node name")
}

/// `pve-vmid`.
pub fn vmid(text: &[u8], _: Release) -> Verdict {
    let holds = is_digits(text) && (3..=9).contains(&text.len()) && text.first().is_some_and(|&first| first != b'0');
    demand(holds, "value does not look like a valid VM ID")
}

/// Whether `text` can name a snapshot or other section: a letter, then at least one letter, digit, `_` or `-`.
#[must_use]
pub fn is_config_id(text: &[u8]) -> bool {
    shaped(text, alpha, config_id_char, config_id_char)
}

/// `pve-configid`.
pub fn config_id(text: &[u8], _: Release) -> Verdict {
    demand_quoting(is_config_id(text), "invalid configuration ID '", text, "'")
}

/// Whether `text` can be the id of a storage.
#[must_use]
pub fn is_storage_id(text: &[u8]) -> bool {
    shaped(text, alpha, id_char, alnum)
}

/// `pve-storage-id`.
pub fn storage_id(text: &[u8], release: Release) -> Verdict {
    if text.len() < 2 && release >= Release::Pve9 {
        return demand_quoting(false, "storage ID '", text, "' cannot be shorter than 2 characters");
    }
    demand_quoting(is_storage_id(text), "storage ID '", text, "' contains illegal characters")
}

/// Storage id and volume name of a volume id.
#[must_use]
pub fn volume_id_parts(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (storage, name) = text.split_at(memchr::memchr(b':', text)?);
    let name = name.get(1..)?;
    (is_storage_id(storage) && !name.is_empty() && !name.starts_with(b"\n")).then_some((storage, name))
}

/// `pve-volume-id`: `<storage>:<name>`.
pub fn volume_id(text: &[u8], _: Release) -> Verdict {
    demand_quoting(volume_id_parts(text).is_some(), "unable to parse volume ID '", text, "'")
}

/// `pve-bridge-id`.
pub fn bridge_id(text: &[u8], _: Release) -> Verdict {
    demand_quoting(is_bridge_name(text), "invalid bridge ID '", text, "'")
}

/// One or more letters, digits, `-`, `_` and `.`.
#[must_use]
pub fn is_bridge_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| id_char(b))
}

/// Whether `text` is a network interface name for PVE: a letter, 1 to 20 letters, digits or `_`, an optional `.N` or `:N`.
#[must_use]
pub fn is_iface(text: &[u8]) -> bool {
    let (name, number) = match text.iter().position(|b| matches!(b, b'.' | b':')) {
        Some(at) => {
            let (name, number) = text.split_at(at);
            (name, number.get(1..))
        }
        None => (text, None),
    };
    shaped(name, alpha, is_word, is_word) && name.len() <= 21 && number.is_none_or(is_digits)
}

/// `mac-addr`: six octets with colons, unicast.
pub fn mac_addr(text: &[u8], _: Release) -> Verdict {
    demand(is_unicast_mac(text), "value does not look like a valid unicast MAC address")
}

fn is_unicast_mac(text: &[u8]) -> bool {
    let mut octets = text.split(|&b| b == b':');
    let unicast = |octet: &[u8]| {
        matches!(octet, [high, low] if high.is_ascii_hexdigit()
            && matches!(low.to_ascii_lowercase(), b'0' | b'2' | b'4' | b'6' | b'8' | b'a' | b'c' | b'e'))
    };
    let any = |octet: &[u8]| octet.len() == 2 && octet.iter().all(u8::is_ascii_hexdigit);
    octets.next().is_some_and(unicast)
        && octets.by_ref().take(5).filter(|octet| any(octet)).count() == 5
        && octets.next().is_none()
}

/// `pve-tag`.
pub fn tag(text: &[u8], _: Release) -> Verdict {
    let holds = match text {
        [first, rest @ ..] => is_word(*first) && rest.iter().all(|&b| is_word(b) || matches!(b, b'-' | b'+' | b'.')),
        [] => false,
    };
    demand(holds, "invalid characters in tag")
}

/// Splits a disk size into number and factor; `None` when it isn't one.
fn size_parts(text: &[u8], release: Release) -> Option<(&[u8], u64)> {
    let end = text.iter().position(|b| !b.is_ascii_digit() && *b != b'.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit.strip_suffix(b"iB") {
        Some(unit) if release >= Release::Pve8 && !unit.is_empty() => unit,
        _ => unit,
    };
    let power = match unit {
        b"" => 0,
        b"K" => 10,
        b"M" => 20,
        b"G" => 30,
        b"T" => 40,
        _ => return None,
    };
    number::is_unsigned(number).then_some((number, 1 << power))
}

/// A disk size in bytes, as PVE prints it (`parse_size`); fractions are cut off.
#[must_use]
pub fn size_in_bytes(text: &[u8], release: Release) -> Option<String> {
    size_parts(text, release).map(|(number, factor)| number::scaled(number, factor))
}

/// `disk-size`: a number, and `K`, `M`, `G`, `T` (from 8 on also `KiB` and so on) or nothing.
pub fn disk_size(text: &[u8], release: Release) -> Verdict {
    let holds = size_parts(text, release).is_some();
    demand_quoting(holds, "value does not look like a valid disk size: ", text, "")
}

/// The three times of a `startup` option, as written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Startup<'a> {
    /// Position in the order.
    pub order: Option<&'a [u8]>,
    /// Seconds to wait after starting this guest.
    pub up: Option<&'a [u8]>,
    /// Seconds to wait for this guest to shut down.
    pub down: Option<&'a [u8]>,
}

/// Reads a `startup` option (`pve_parse_startup_order`): comma-separated `[order=]N`, `up=N`, `down=N`; later parts win.
#[must_use]
pub fn startup_parts(text: &[u8]) -> Option<Startup<'_>> {
    if !super::is_true(text) {
        return None;
    }
    let mut startup = Startup::default();
    for part in text.split(|&b| b == b',') {
        if part.iter().all(|&b| is_space(b)) {
            continue;
        }
        let (slot, digits) = if let Some(digits) = part.strip_prefix(b"up=") {
            (&mut startup.up, digits)
        } else if let Some(digits) = part.strip_prefix(b"down=") {
            (&mut startup.down, digits)
        } else {
            (&mut startup.order, part.strip_prefix(b"order=").unwrap_or(part))
        };
        if !is_digits(digits) {
            return None;
        }
        *slot = Some(digits);
    }
    Some(startup)
}

/// `pve-startup-order`.
pub fn startup(text: &[u8], _: Release) -> Verdict {
    demand(startup_parts(text).is_some(), "unable to parse startup options")
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: Release = Release::Pve9;

    #[test]
    fn lists_split_at_commas_semicolons_blanks_or_nul() {
        let split =
            |text: &'static str| list(text.as_bytes()).map(|e| std::str::from_utf8(e).unwrap()).collect::<Vec<_>>();
        assert_eq!(split(" a,b;; c\td,"), ["a", "b", "c", "d"]);
        assert_eq!(split(" ,"), Vec::<&str>::new());
        assert_eq!(split("a b\0c,\0\0"), ["a b", "c,"]);
        assert_eq!(split("\0a"), ["", "a"]);
        assert_eq!(split("\0"), Vec::<&str>::new());
        let text = b"a\x85b\xa0";
        assert_eq!(list_in(text, Release::Pve8).collect::<Vec<_>>(), [text]);
        assert_eq!(list_in(text, Release::Pve9).collect::<Vec<_>>(), [b"a", b"b"]);
    }

    #[test]
    fn ids_need_two_characters() {
        assert!(is_storage_id(b"a1") && !is_storage_id(b"a") && !is_storage_id(b"a-") && !is_storage_id(b"1a"));
        assert!(is_config_id(b"a-") && !is_config_id(b"a") && !is_config_id(b"a.b"));
        assert!(
            volume_id_parts(b"ab:c").is_some()
                && volume_id_parts(b"a:c").is_none()
                && volume_id_parts(b"ab:").is_none()
        );
    }

    #[test]
    fn macs_are_unicast_and_colon_separated() {
        assert!(mac_addr(b"BC:24:11:aa:bb:cc", R).is_ok());
        for bad in ["01:02:03:04:05:06", "bc:24:11:aa:bb", "bc:24:11:aa:bb:cc:dd", "bc24.11aa.bbcc", "bc:24:11:a:bb:cc"]
        {
            assert!(mac_addr(bad.as_bytes(), R).is_err(), "{bad}");
        }
    }

    #[test]
    fn prefixes_have_a_lower_bound() {
        assert!(
            cidrv4(b"10.0.0.1/08", R).is_ok() && cidrv4(b"10.0.0.1/7", R).is_err() && cidrv4(b"10.0.0.1", R).is_err()
        );
        assert!(cidrv6(b"fd00::/128", R).is_ok() && cidrv6(b"fd00::/129", R).is_err());
        assert!(
            ipv4(b"010.0.0.1", R).is_err() && ipv6(b"1:2:3:4:5:6:7::", R).is_ok() && ipv6(b"fe80::1%eth0", R).is_err()
        );
    }

    #[test]
    fn disk_sizes_grew_long_units_with_8() {
        assert!(disk_size(b"1GiB", Release::Pve7).is_err() && disk_size(b"1GiB", Release::Pve8).is_ok());
        assert!(disk_size(b"1iB", R).is_err() && disk_size(b"5.G", R).is_err() && disk_size(b"1g", R).is_err());
        assert_eq!(size_in_bytes(b"0.5T", R).as_deref(), Some("549755813888"));
    }

    #[test]
    fn startup_takes_three_keys() {
        assert_eq!(
            startup_parts(b"5,up=1,").map(|s| (s.order, s.up, s.down)),
            Some((Some(&b"5"[..]), Some(&b"1"[..]), None))
        );
        assert!(startup(b"0", R).is_err() && startup(b" ", R).is_ok() && startup(b"order=", R).is_err());
    }

    #[test]
    fn interfaces_have_at_least_two_characters() {
        assert!(
            is_iface(b"eth0") && is_iface(b"eth0.5") && is_iface(b"e_:1") && !is_iface(b"e") && !is_iface(b"eth0.")
        );
        assert!(is_iface(b"a12345678901234567890") && !is_iface(b"a123456789012345678901"));
    }
}
