//! The value formats that only `storage.cfg` has (`PVE/Storage/Plugin.pm` and the plugins beside it).

use bstr::BString;

use crate::model::schema::{Property, Props, Schema, format};
use crate::model::tables::storage::ContentKind;
use crate::release::Release;
use crate::syntax::section::is_space;

type Verdict = Result<(), BString>;

fn demand(holds: bool, text: &str) -> Verdict {
    if holds { Ok(()) } else { Err(text.into()) }
}

fn quote(before: &str, value: &[u8], after: &str) -> Verdict {
    let mut text = BString::from(before);
    text.extend_from_slice(value);
    text.extend_from_slice(after.as_bytes());
    Err(text)
}

const LIMIT: Property = Property { min: Some(0), ..Property::NUMBER };

/// `bwlimit`: limits in KiB/s.
pub static BWLIMIT: Schema = Schema {
    name: "bwlimit",
    properties: &[
        Property { name: "clone", ..LIMIT },
        Property { name: "default", ..LIMIT },
        Property { name: "migration", ..LIMIT },
        Property { name: "move", ..LIMIT },
        Property { name: "restore", ..LIMIT },
    ],
    validate: None,
};

const KEEP: Property = Property { min: Some(0), ..Property::INTEGER };

/// `prune-backups`: how many backups to keep.
pub static PRUNE_BACKUPS: Schema = Schema {
    name: "prune-backups",
    properties: &[
        Property { name: "keep-all", ..Property::BOOLEAN },
        Property { name: "keep-daily", ..KEEP },
        Property { name: "keep-hourly", ..KEEP },
        Property { name: "keep-last", ..KEEP },
        Property { name: "keep-monthly", ..KEEP },
        Property { name: "keep-weekly", ..KEEP },
        Property { name: "keep-yearly", ..KEEP },
    ],
    validate: Some(prune_backups),
};

/// `keep-all` means that nothing else is limited; limits of 0 don't count.
fn prune_backups(props: &Props<'_>, _: Release) -> Verdict {
    let positive = |value: &[u8]| value.iter().any(|b| matches!(b, b'1'..=b'9'));
    let limited = props.entries.iter().any(|prop| prop.name() != "keep-all" && positive(prop.value));
    demand(!(limited && props.flag("keep-all")), "keep-all cannot be set together with other options.")
}

/// `pve-storage-path`: absolute. The pattern isn't anchored at its end, so only the first character is really looked at.
pub fn path(text: &[u8], _: Release) -> Verdict {
    let holds = matches!(text, [b'/', first, ..] if !matches!(first, b';' | b'(' | b')'));
    demand(holds, "value does not look like a valid absolute path")
}

/// `pve-storage-server`: address without port or brackets, or DNS name.
pub fn server(text: &[u8], _: Release) -> Verdict {
    let holds = format::ipv4_addr(text).is_some() || format::ipv6_addr(text).is_some() || format::is_dns_name(text);
    demand(holds, "value does not look like a valid server name or IP address")
}

/// `pve-storage-portal-dns`: address or name with optional port.
pub fn portal(text: &[u8], _: Release) -> Verdict {
    let holds = host_and_port(text).is_some();
    demand(holds, "value does not look like a valid portal address")
}

/// Host and port of a portal address, as `parse_host_and_port` in pve-common's `PVE/Tools.pm` parts them.
#[must_use]
pub fn host_and_port(text: &[u8]) -> Option<(&[u8], Option<&[u8]>)> {
    fn port(text: &[u8], separator: u8) -> Option<(&[u8], Option<&[u8]>)> {
        let digits = text.iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |last| last + 1);
        let (host, port) = text.split_at(digits);
        let host = host.strip_suffix(&[separator])?;
        (!port.is_empty()).then_some((host, Some(port)))
    }
    let is_name =
        |host: &[u8]| !host.is_empty() && host.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
    if let Some(bracketed) = text.strip_prefix(b"[") {
        let (inner, tail) = bracketed.split_at(memchr::memchr(b']', bracketed)?);
        let found = match tail {
            b"]" => (inner, None),
            _ => (inner, port(tail, b':').filter(|(rest, _)| *rest == b"]")?.1),
        };
        return Some(found).filter(|_| is_name(inner) || format::ipv6_addr(inner).is_some());
    }
    let is_ipv6 = |host: &[u8]| format::ipv6_addr(host).is_some();
    if is_name(text) || is_ipv6(text) {
        return Some((text, None));
    }
    port(text, b':').filter(|(host, _)| is_name(host)).or_else(|| port(text, b'.').filter(|(host, _)| is_ipv6(host)))
}

/// Whether LVM lets something have this name: at least two characters, letters and digits at both ends.
#[must_use]
pub fn is_lvm_name(text: &[u8]) -> bool {
    match text {
        [first, middle @ .., last] => {
            first.is_ascii_alphanumeric()
                && last.is_ascii_alphanumeric()
                && middle.iter().all(|&b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        }
        _ => false,
    }
}

/// `pve-storage-vgname`.
pub fn vgname(text: &[u8], _: Release) -> Verdict {
    if is_lvm_name(text) { Ok(()) } else { quote("lvm name '", text, "' contains illegal characters") }
}

/// `pve-storage-content`.
pub fn content(text: &[u8], release: Release) -> Verdict {
    if ContentKind::from_name(text).is_some_and(|kind| kind.known_to(release)) {
        Ok(())
    } else {
        quote("invalid content type '", text, "'")
    }
}

/// `pve-storage-format`, used up to PVE 7: the name of a format anywhere in the value. The types look closer later.
pub fn image_format(text: &[u8], _: Release) -> Verdict {
    let named =
        [&b"raw"[..], b"qcow2", b"vmdk", b"subvol"].iter().any(|name| memchr::memmem::find(text, name).is_some());
    if named { Ok(()) } else { quote("invalid format '", text, "'") }
}

/// `pve-storage-options`: mount options, one word.
pub fn options(text: &[u8], _: Release) -> Verdict {
    if !text.is_empty() && !text.iter().any(|&b| is_space(b)) { Ok(()) } else { quote("invalid options '", text, "'") }
}

/// `pve-dir-override`: `<content kind>=<path>`; no `..` and no final `.` in the path, which may be absolute.
pub fn dir_override(text: &[u8], release: Release) -> Verdict {
    let refuse = || quote("invalid override '", text, "'");
    let Some((kind, path)) = dir_override_parts(text) else { return refuse() };
    let shaped = !kind.is_empty()
        && kind.iter().all(u8::is_ascii_lowercase)
        && path.last().is_some_and(|&last| last != b'.')
        && memchr::memmem::find(path, b"..").is_none();
    if !shaped {
        return refuse();
    }
    content(kind, release)?;
    if path.len() < 1023 && path.split(|&b| b == b'/').all(|part| part.len() < 255) { Ok(()) } else { refuse() }
}

/// Kind and path of an element of `content-dirs`.
#[must_use]
pub fn dir_override_parts(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (kind, path) = text.split_at(memchr::memchr(b'=', text)?);
    Some((kind, path.get(1..)?))
}

/// `pve-storage-zfs-blocksize`, since 9: a power of two between 512 and 16 MiB.
pub fn zfs_blocksize(text: &[u8], _: Release) -> Verdict {
    if text.is_empty() {
        return Ok(());
    }
    let (digits, shift) = match text {
        [digits @ .., b'k' | b'K'] => (digits, 10),
        [digits @ .., b'm' | b'M'] => (digits, 20),
        digits => (digits, 0),
    };
    if !digits.iter().all(u8::is_ascii_digit) || matches!(digits, [] | [b'0', ..]) {
        let advice = "'. Use a positive number (no leading zeros) with an optional 'k' or 'm' suffix.";
        return quote("invalid ZFS blocksize format '", text, advice);
    }
    let number = std::str::from_utf8(digits).ok().and_then(|digits| digits.parse::<u32>().ok());
    let size = number.map(|number| u64::from(number) << shift);
    if size.is_some_and(|size| (512..=16 << 20).contains(&size) && size.is_power_of_two()) {
        Ok(())
    } else {
        let advice = "' is not a valid ZFS blocksize. Must be a power of 2 between 512B and 16MiB \
                      (e.g., 4k, 8k, 16k, 64k, 1m).";
        quote("value '", text, advice)
    }
}

/// The pattern of `fingerprint`: 32 hexadecimal octets, joined by colons.
#[must_use]
pub fn is_fingerprint(text: &[u8]) -> bool {
    text.split(|&b| b == b':')
        .filter(|octet| matches!(octet, [a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()))
        .count()
        == 32
        && text.len() == 32 * 3 - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: Release = Release::Pve9;

    #[test]
    fn portals_have_many_forms() {
        for good in [
            "10.0.0.1",
            "10.0.0.1:3260",
            "san",
            "san.lan:1",
            "-.",
            "fd00::1",
            "fd00::1.3260",
            "[fd00::1]",
            "[san]:1",
            "::1.2.3.4",
        ] {
            assert!(portal(good.as_bytes(), R).is_ok(), "{good}");
        }
        for bad in ["", "a_b", "san:", "san:x", "fd00::1:x", "[fd00::1", "[fd00::1]x:1", "[fd00::1]:", "[]", "a:1:2"] {
            assert!(portal(bad.as_bytes(), R).is_err(), "{bad}");
        }
        assert_eq!(host_and_port(b"[fd00::1]:32"), Some((&b"fd00::1"[..], Some(&b"32"[..]))));
        assert_eq!(host_and_port(b"fd00::1.32"), Some((&b"fd00::1"[..], Some(&b"32"[..]))));
        assert_eq!(host_and_port(b"10.0.0.1"), Some((&b"10.0.0.1"[..], None)));
    }

    #[test]
    fn directory_overrides_stay_below() {
        for good in ["iso=a", "iso=/a", "iso=.a", "iso=a.b=c", "none=x"] {
            assert!(dir_override(good.as_bytes(), R).is_ok(), "{good}");
        }
        for bad in ["iso=", "iso", "=x", "iso=a.", "iso=a/../b", "ISO=a"] {
            assert_eq!(dir_override(bad.as_bytes(), R).unwrap_err(), format!("invalid override '{bad}'"));
        }
        assert_eq!(dir_override(b"foo=a", R).unwrap_err(), "invalid content type 'foo'");
        assert!(dir_override(b"import=a", Release::Pve7).is_err());
        assert!(dir_override(format!("iso={}", "a".repeat(254)).as_bytes(), R).is_ok());
        assert!(dir_override(format!("iso={}", "a".repeat(255)).as_bytes(), R).is_err());
        assert!(dir_override(format!("iso={}", "a/".repeat(512)).as_bytes(), R).is_err());
    }

    #[test]
    fn block_sizes_are_powers_of_two() {
        for good in ["", "512", "8k", "16M", "16777216", "1m"] {
            assert!(zfs_blocksize(good.as_bytes(), R).is_ok(), "{good}");
        }
        for bad in ["0", "08k", "k", "256", "3k", "32m", "8kb", "-8k", "99999999999999999999"] {
            assert!(zfs_blocksize(bad.as_bytes(), R).is_err(), "{bad}");
        }
    }

    #[test]
    fn fingerprints_have_32_octets() {
        let good = ["aB"; 32].join(":");
        assert!(is_fingerprint(good.as_bytes()));
        assert!(!is_fingerprint(format!("{good}:").as_bytes()) && !is_fingerprint(["aB"; 31].join(":").as_bytes()));
        assert!(!is_fingerprint(good.replacen('a', "g", 1).as_bytes()));
    }

    #[test]
    fn only_the_start_of_a_path_is_checked() {
        for good in ["/a", "//", "/a b;(", "/ "] {
            assert!(path(good.as_bytes(), R).is_ok(), "{good}");
        }
        for bad in ["/", "a", "", "/;a"] {
            assert!(path(bad.as_bytes(), R).is_err(), "{bad}");
        }
    }
}
