//! Formats and patterns of properties in section files, named by `grammar/sections/*.toml` (pve-common, `PVE/JSONSchema.pm`, and
//! the packages that own the files).

use bstr::{BString, ByteSlice};

use crate::model::calendar;
use crate::model::schema::Props;
use crate::model::schema::format::{self, Verdict, is_word};
use crate::release::Release;
use crate::syntax::property::is_space;

pub use crate::model::vm::check::{is_cpu_flags, is_hv_vendor, phys_bits};

fn demand(holds: bool, text: &str) -> Verdict {
    if holds { Ok(()) } else { Err(text.into()) }
}

fn quoted(before: &str, text: &[u8], after: &str) -> BString {
    [before.as_bytes(), text, after.as_bytes()].concat().into()
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

fn is_hex(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_hexdigit)
}

/// `pve-calendar-event`.
pub fn calendar_event(text: &[u8], _: Release) -> Verdict {
    calendar::parse(text).map(|_| ())
}

/// `email-or-username`: a local mailbox, or an address.
pub fn email_or_username(text: &[u8], _: Release) -> Verdict {
    let local = |part: &[u8]| {
        part.split(|&b| b == b'.').all(|run| !run.is_empty() && run.iter().all(|&b| is_word(b) || b"+-~".contains(&b)))
    };
    let domain = |part: &[u8]| {
        part.split(|&b| b == b'.')
            .all(|run| !run.is_empty() && run.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-'))
    };
    let holds = match text.split_once_str(b"@") {
        Some((front, behind)) => local(front) && domain(behind),
        None => local(text),
    };
    demand(holds, "value does not look like a valid email address or user name")
}

/// `graphite-path`: labels with dots between.
pub fn graphite_path(text: &[u8], _: Release) -> Verdict {
    let label = |label: &[u8]| match label {
        [one] => one.is_ascii_alphanumeric(),
        [first, middle @ .., last] => {
            first.is_ascii_alphanumeric()
                && last.is_ascii_alphanumeric()
                && middle.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
        }
        [] => false,
    };
    demand(text.split(|&b| b == b'.').all(label), "value does not look like a valid graphite path")
}

/// `ldap-simple-attr`.
pub fn ldap_attr(text: &[u8], _: Release) -> Verdict {
    let holds = !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric());
    if holds { Ok(()) } else { Err(quoted("value '", text, "' does not look like a simple ldap attribute name\n")) }
}

fn is_ha_node(text: &[u8]) -> bool {
    let (node, priority) = match text.split_once_str(b":") {
        Some((node, priority)) => (node, Some(priority)),
        None => (text, None),
    };
    format::node(node, Release::Pve9).is_ok() && priority.is_none_or(is_digits)
}

/// `pve-ha-node`: a node, with or without a priority.
pub fn ha_node(text: &[u8], _: Release) -> Verdict {
    demand(is_ha_node(text), "value does not look like a valid ha node")
}

/// `pve-ha-group-node`: the same, up to PVE 8.
pub fn ha_group_node(text: &[u8], _: Release) -> Verdict {
    demand(is_ha_node(text), "value does not look like a valid ha group node")
}

/// `pve-ha-resource-id`: `vm:100`.
pub fn ha_resource(text: &[u8], _: Release) -> Verdict {
    let holds = text.split_once_str(b":").is_some_and(|(kind, id)| {
        !kind.is_empty()
            && kind.iter().all(u8::is_ascii_lowercase)
            && !id.is_empty()
            && !id.iter().any(|&b| is_space(b))
    });
    demand(holds, "value does not look like a valid ha resource id")
}

/// `pve-iface`.
pub fn iface(text: &[u8], _: Release) -> Verdict {
    if format::is_iface(text) { Ok(()) } else { Err(quoted("invalid network interface name '", text, "'")) }
}

/// Whether `text` can be a realm's name.
#[must_use]
pub fn is_realm(text: &[u8]) -> bool {
    text.len() >= 2
        && text.first().is_some_and(u8::is_ascii_alphabetic)
        && text.iter().all(|&b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

/// `pve-realm`.
pub fn realm(text: &[u8], _: Release) -> Verdict {
    demand(is_realm(text), "value does not look like a valid realm")
}

/// `pve-sdn-bgp-rt`: two numbers of 32 bits.
pub fn bgp_route_target(text: &[u8], _: Release) -> Verdict {
    let number =
        |part: &[u8]| is_digits(part) && std::str::from_utf8(part).is_ok_and(|part| part.parse::<u32>().is_ok());
    let holds = text.split_once_str(b":").is_some_and(|(left, right)| number(left) && number(right));
    demand(holds, "value does not look like a valid bgp route-target")
}

/// `pve-sdn-fabric-id`: up to eight letters, digits and hyphens.
pub fn fabric_id(text: &[u8], _: Release) -> Verdict {
    let holds = text.len() <= 8
        && text.first().is_some_and(u8::is_ascii_alphanumeric)
        && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-');
    if holds { Ok(()) } else { Err(quoted("Fabric ID '", text, "' contains illegal characters")) }
}

/// `pve-sdn-isis-net`.
pub fn isis_net(text: &[u8], _: Release) -> Verdict {
    demand(is_isis_net(text), "value does not look like a valid isis net")
}

/// `pve-storage-path-in-property-string`: an absolute path whose first character can stand in a property string.
pub fn storage_path(text: &[u8], _: Release) -> Verdict {
    // Nobody looks at what follows the first character.
    let holds = matches!(text, [b'/', first, ..] if !b";,=()".contains(first));
    demand(holds, "value does not look like a valid absolute path")
}

/// `backup-fleecing` as a whole.
pub fn fleecing(props: &Props<'_>, _: Release) -> Result<(), BString> {
    let needs = props.flag("enabled") && props.get("storage").is_none();
    demand(!needs, "'storage' parameter is required when 'enabled' is set")
}

/// The name of a claim of an identity provider.
#[must_use]
pub fn is_claim(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

/// `1234:abcd`.
#[must_use]
pub fn is_device_id(text: &[u8]) -> bool {
    text.split_once_str(b":").is_some_and(|(a, b)| a.len() == 4 && b.len() == 4 && is_hex(a) && is_hex(b))
}

/// A network entity title of IS-IS.
#[must_use]
pub fn is_isis_net(text: &[u8]) -> bool {
    let parts: Vec<&[u8]> = text.split(|&b| b == b'.').collect();
    match &parts[..] {
        [first, middle @ .., last] => {
            first.len() == 2
                && last.len() == 2
                && (3..=9).contains(&middle.len())
                && middle.iter().all(|part| part.len() == 4)
                && parts.iter().all(|part| is_hex(part))
        }
        _ => false,
    }
}

/// A distinguished name, roughly as RFC 4514 has it: `cn=admins,dc=example,dc=org`.
#[must_use]
pub fn is_ldap_dn(text: &[u8]) -> bool {
    let mut rest = text;
    let mut is_first = true;
    loop {
        if !is_first {
            let blanks = rest.iter().take_while(|&&b| is_space(b)).count();
            rest = rest.get(blanks..).unwrap_or_default();
        }
        let name = rest.iter().take_while(|&&b| is_word(b)).count();
        let Some(value) = rest.get(name..).and_then(|rest| rest.strip_prefix(b"=")).filter(|_| name > 0) else {
            return false;
        };
        let length = if value.starts_with(b"\"") {
            match value.get(1..).and_then(|inner| memchr::memchr(b'"', inner)) {
                Some(end) if end > 0 => end + 2,
                _ => return false,
            }
        } else {
            let inner = |b: &u8| !b",+\"/<>;=".contains(b);
            let length = value.iter().take_while(|b| inner(b)).count();
            let taken = value.get(..length).unwrap_or_default();
            let first_fits = taken.first().is_some_and(|b| !b" #".contains(b));
            let last_fits = taken.last().is_some_and(|b| *b != b' ' && (taken.len() > 1 || *b != b'#'));
            let last_is_hash = taken.len() > 1 && taken.last() == Some(&b'#');
            if !first_fits || !last_fits || last_is_hash {
                return false;
            }
            length
        };
        rest = value.get(length..).unwrap_or_default();
        match rest.split_first() {
            None => return true,
            Some((b',', behind)) => rest = behind,
            Some(_) => return false,
        }
        is_first = false;
    }
}

/// At least one character, none of them a blank.
#[must_use]
pub fn is_no_blank(text: &[u8]) -> bool {
    !text.is_empty() && !text.iter().any(|&b| is_space(b))
}

/// At least two characters, none of them a blank.
#[must_use]
pub fn is_no_blank_2(text: &[u8]) -> bool {
    text.len() >= 2 && is_no_blank(text)
}

/// PCI addresses with their domain, separated by `;`. PVE's pattern has any character where the dot belongs.
#[must_use]
pub fn is_pci_paths(text: &[u8]) -> bool {
    let is_small = |text: &[u8]| text.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    text.split(|&b| b == b';').all(|path| {
        let parts: Vec<&[u8]> = path.splitn(3, |&b| b == b':').collect();
        let [domain, bus, slot] = &parts[..] else { return false };
        let (number, function) = slot.split_at_checked(2).unwrap_or((slot, b""));
        domain.len() >= 4
            && is_small(domain)
            && bus.len() == 2
            && is_small(bus)
            && number.len() == 2
            && is_small(number)
            && match function {
                [] => true,
                [_, digit] => is_small(&[*digit]),
                _ => false,
            }
    })
}

/// What a sync removes. PVE's pattern binds its beginning to the first alternative and its end to the last.
#[must_use]
pub fn is_remove_vanished(text: &[u8]) -> bool {
    let kinds: [&[u8]; 3] = [b"acl", b"properties", b"entry"];
    kinds.iter().any(|kind| text.starts_with(kind)) || text.ends_with(b"none")
}

/// 32 octets with colons between.
#[must_use]
pub fn is_sha256(text: &[u8]) -> bool {
    let octets: Vec<&[u8]> = text.split(|&b| b == b':').collect();
    octets.len() == 32 && octets.iter().all(|octet| octet.len() == 2 && is_hex(octet))
}

/// `attribute=name` pairs, separated by commas.
#[must_use]
pub fn is_sync_attributes(text: &[u8]) -> bool {
    text.split(|&b| b == b',').enumerate().all(|(at, pair)| {
        let blanks = if at == 0 { 0 } else { pair.iter().take_while(|&&b| is_space(b)).count() };
        let pair = pair.get(blanks..).unwrap_or_default();
        pair.split_once_str(b"=")
            .is_some_and(|(name, value)| !name.is_empty() && name.iter().all(|&b| is_word(b)) && !value.is_empty())
    })
}

/// What may stand in a URI as it is.
#[must_use]
pub fn is_uri_value(text: &[u8]) -> bool {
    text.iter().all(|&b| b > 0x1f && b != 0x7f && !b" <>#\"".contains(&b))
}

/// Bus and port: `1-1.4`.
#[must_use]
pub fn is_usb_path(text: &[u8]) -> bool {
    text.split_once_str(b"-").is_some_and(|(bus, port)| is_digits(bus) && port.split(|&b| b == b'.').all(is_digits))
}

/// The other name of a vnet: up to 256 letters, digits, blanks and what lies between `)` and `_`.
#[must_use]
pub fn is_vnet_alias(text: &[u8]) -> bool {
    let fits = |&b: &u8| matches!(b, b'('..=b'_') || is_word(b) || is_space(b);
    text.len() <= 256 && text.iter().all(fits)
}
