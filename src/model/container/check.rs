//! Formats and patterns of container options (pve-container, `PVE/LXC/Config.pm`), named by `grammar/lxc.toml`.

use bstr::BString;

use crate::model::schema::format::{self, Verdict, ip, ipv6_addr, is_iface, is_word};
use crate::model::tables::lxc::TIMEZONES;
use crate::release::Release;

/// `lxc-ip-with-ll-iface`: an IP address; a link-local one may name its interface.
pub fn nameserver(text: &[u8], release: Release) -> Verdict {
    if text.starts_with(b"fe80:") {
        let zone = memchr::memchr(b'%', text).and_then(|at| text.split_at_checked(at));
        if let Some((address, interface)) = zone {
            let interface = interface.get(1..).unwrap_or_default();
            if ipv6_addr(address).is_some() && is_iface(interface) {
                return Ok(());
            }
        }
    }
    ip(text, release)
}

/// `pve-ct-timezone`: `host`, `UTC` or a name in `zone.tab`.
pub fn timezone(text: &[u8], _: Release) -> Verdict {
    let listed = || TIMEZONES.binary_search_by(|zone| zone.as_bytes().cmp(text)).is_ok();
    if matches!(text, b"host" | b"UTC") || listed() {
        return Ok(());
    }
    Err(quoted("invalid time zone '", text, "'"))
}

/// `pve-lxc-mp-string`: no `.` or `..` behind a slash, no `../` in front; alone they pass.
pub fn mount_path(text: &[u8], _: Release) -> Verdict {
    let illegal = text.starts_with(b"../") || has_dots(text);
    if illegal { Err(quoted("", text, " contains illegal character sequences")) } else { Ok(()) }
}

/// `pve-lxc-dev-string`: a path under `/dev/` without `.` and `..` components.
pub fn device_path(text: &[u8], _: Release) -> Verdict {
    if text.starts_with(b"/dev/") && !has_dots(text) {
        return Ok(());
    }
    Err(quoted("", text, " is not a valid device path"))
}

/// Whether a component `.` or `..` has a slash in front.
fn has_dots(text: &[u8]) -> bool {
    text.split(|&b| b == b'/').skip(1).any(|component| matches!(component, b"." | b".."))
}

fn quoted(before: &str, text: &[u8], after: &str) -> BString {
    [before.as_bytes(), text, after.as_bytes()].concat().into()
}

/// `entrypoint`: no control characters but TAB.
#[must_use]
pub fn is_printable(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_printable_byte(b))
}

const fn is_printable_byte(b: u8) -> bool {
    b == b'\t' || (b >= 0x20 && b != 0x7f)
}

/// `env`: NUL-separated `NAME=value`.
#[must_use]
pub fn is_environment(text: &[u8]) -> bool {
    text.split(|&b| b == 0).all(is_assignment)
}

/// `NAME=value`: letters, digits and `_`, then no control characters but TAB.
#[must_use]
pub fn is_assignment(text: &[u8]) -> bool {
    memchr::memchr(b'=', text).and_then(|at| text.split_at_checked(at)).is_some_and(|(name, value)| {
        !name.is_empty() && name.iter().all(|&b| is_word(b)) && value.iter().all(|&b| is_printable_byte(b))
    })
}

/// `mode` of a device: `0` and three octal digits.
#[must_use]
pub fn is_file_mode(text: &[u8]) -> bool {
    matches!(text, [b'0', rest @ ..] if rest.len() == 3 && rest.iter().all(|b| matches!(b, b'0'..=b'7')))
}

/// `mount` of features: names of file systems, separated by `;` or blanks.
#[must_use]
pub fn is_file_systems(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|&b| is_word(b) || matches!(b, b';' | b' '))
}

/// `trunks` of a network: VLAN numbers, separated by `;`.
#[must_use]
pub fn is_vlan_list(text: &[u8]) -> bool {
    text.split(|&b| b == b';').all(is_digits)
}

/// `mountoptions`, from PVE 8 on.
#[must_use]
pub fn is_mount_options(text: &[u8]) -> bool {
    text.split(|&b| b == b';').all(|option| option == b"discard" || is_mount_option_7(option))
}

/// `mountoptions` in PVE 7.
#[must_use]
pub fn is_mount_options_7(text: &[u8]) -> bool {
    text.split(|&b| b == b';').all(is_mount_option_7)
}

fn is_mount_option_7(option: &[u8]) -> bool {
    matches!(option, b"lazytime" | b"noatime" | b"nodev" | b"noexec" | b"nosuid")
}

/// `idmap` of a mount point: `passthrough`, or `[ug]:<container id>:<disk id>:<count>` separated by `;`.
#[must_use]
pub fn is_mount_idmap(text: &[u8]) -> bool {
    text == b"passthrough" || mount_idmap(text).is_some()
}

/// The entries of a mount point's `idmap`, as written: type, container id, id on disk, count.
#[must_use]
pub fn mount_idmap(text: &[u8]) -> Option<Vec<[&[u8]; 4]>> {
    text.split(|&b| b == b';').map(mount_idmap_entry).collect()
}

fn mount_idmap_entry(entry: &[u8]) -> Option<[&[u8]; 4]> {
    let mut fields = entry.split(|&b| b == b':');
    let all = [fields.next()?, fields.next()?, fields.next()?, fields.next()?];
    let [kind, container, disk, count] = all;
    let numbers = [container, disk, count].iter().all(|field| is_digits(field));
    let holds = matches!(kind, b"u" | b"g") && numbers && !count.starts_with(b"0") && fields.next().is_none();
    holds.then_some(all)
}

fn is_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// What a volume of a mount point is (`classify_mountpoint`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VolumeKind {
    /// Begins with `/dev/`: a block device of the node.
    Device,
    /// Begins with `/`: a directory of the node.
    Bind,
    /// Anything else; PVE expects `<storage>:<name>`.
    Volume,
}

impl VolumeKind {
    /// The kind of `volume`.
    #[must_use]
    pub fn of(volume: &[u8]) -> Self {
        if volume.starts_with(b"/dev/") {
            Self::Device
        } else if volume.starts_with(b"/") {
            Self::Bind
        } else {
            Self::Volume
        }
    }

    /// PVE's name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Bind => "bind",
            Self::Volume => "volume",
        }
    }
}

/// Storage and name of a mount point's volume, when it has them.
#[must_use]
pub fn storage_volume(volume: &[u8]) -> Option<(&[u8], &[u8])> {
    (VolumeKind::of(volume) == VolumeKind::Volume).then(|| format::volume_id_parts(volume)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const R: Release = Release::Pve9;

    #[test]
    fn mount_paths_may_not_climb() {
        for bad in ["/srv/../etc", "/srv/.", "/srv/..", "/srv/./a", "../srv", "a/..", "/..", "/."] {
            assert!(mount_path(bad.as_bytes(), R).is_err(), "{bad}");
        }
        for good in ["./srv", "..", ".", "/srv/..a", "/a//b/", "/", "ab:c", "..."] {
            assert!(mount_path(good.as_bytes(), R).is_ok(), "{good}");
        }
    }

    #[test]
    fn devices_stand_below_dev() {
        for bad in ["/dev", "dev/x", "//dev/x", "/dev/../x", "/dev/x/.", "/dev/./x", ""] {
            assert!(device_path(bad.as_bytes(), R).is_err(), "{bad}");
        }
        assert!(device_path(b"/dev/", R).is_ok() && device_path(b"/dev/..x", R).is_ok());
    }

    #[test]
    fn nameservers_may_have_a_zone() {
        for good in ["1.1.1.1", "fd00::1", "fe80::1%eth0", "fe80::1%vmbr0.5"] {
            assert!(nameserver(good.as_bytes(), R).is_ok(), "{good}");
        }
        for bad in ["foo", "fe80::1%", "fe80::1%0a", "fd00::1%eth0", "FE80::1%eth0", "1.1.1"] {
            assert!(nameserver(bad.as_bytes(), R).is_err(), "{bad}");
        }
    }

    #[test]
    fn mount_idmaps_have_positive_counts() {
        assert!(is_mount_idmap(b"passthrough") && is_mount_idmap(b"u:0:1000:1;g:0:1000:1"));
        for bad in ["b:0:1:1", "u:0:1:0", "u:0:1:01", "u:0:1", "u:0:1:1;", "u:0:1:1:1", ""] {
            assert!(!is_mount_idmap(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn small_patterns() {
        assert!(is_mount_options(b"noatime;discard") && !is_mount_options_7(b"noatime;discard"));
        assert!(!is_mount_options(b"noatime;") && !is_mount_options(b""));
        assert!(is_file_mode(b"0660") && !is_file_mode(b"660") && !is_file_mode(b"0888"));
        assert!(is_vlan_list(b"1;02") && !is_vlan_list(b"1-5") && !is_vlan_list(b"1;"));
        assert!(is_environment(b"A=1\0B=") && !is_environment(b"A-B=1") && !is_environment(b"=x"));
        assert!(timezone(b"Europe/Vienna", R).is_ok() && timezone(b"Etc/UTC", R).is_err());
    }
}
