//! What PVE accepts in the configuration of containers: `grammar/lxc.toml` as static data (pve-container,
//! `PVE/LXC/Config.pm`), and the few functions that look things up in it.

use crate::model::container::check;
use crate::model::schema::{Format, Property, Schema, format};
pub use crate::model::tables::guest::{Family, GuestOption, split_index};
use crate::model::tables::place::{List, Text};
use crate::release::Release;

include!(concat!(env!("OUT_DIR"), "/lxc.rs"));

/// The option that `release` knows as `key`; `mp00` and `mp256` are unknown to every release.
#[must_use]
pub fn option(key: &[u8], release: Release) -> Option<&'static GuestOption> {
    let option = match split_index(key) {
        (_, b"") => single(key)?,
        (name, number) => {
            let option = indexed(name)?;
            let Family::Indexed(count) = option.family else { return None };
            let canonical = number == b"0" || number.first() != Some(&b'0');
            let index: u16 = std::str::from_utf8(number).ok()?.parse().ok()?;
            if !canonical || index >= count {
                return None;
            }
            option
        }
    };
    option.property.known_to(release).then_some(option)
}

/// What PVE makes of the key of an `lxc.*` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RawKey {
    /// Accepted from this release on.
    Since(Release),
    /// Kept with a warning under its old name; LXC knows only the new one.
    Renamed(&'static str),
    /// `lxc.limit.*`: kept with a warning; LXC knows only `lxc.prlimit.*`.
    Limit,
    /// `lxc.cgroup.*`: kept; from PVE 9 on with a warning.
    LegacyCgroup,
    /// Dropped, with this explanation.
    Rejected(&'static str),
    /// Dropped.
    Unknown,
}

impl RawKey {
    /// The verdict on `key`, in PVE's order of questions (`is_valid_lxc_conf_key`).
    #[must_use]
    pub fn of(key: &[u8], release: Release) -> Self {
        if key.starts_with(b"lxc.limit.") {
            return Self::Limit;
        }
        match raw_exact(key) {
            Some(Self::Since(since)) if release < since => Self::Unknown,
            Some(verdict) => verdict,
            None if key.starts_with(b"lxc.cgroup.") => Self::LegacyCgroup,
            None if RAW_PREFIXES.iter().any(|prefix| key.starts_with(prefix.as_bytes())) => Self::Since(Release::Pve7),
            None => Self::Unknown,
        }
    }
}

/// Whether LXC, as shipped with `release`, knows the key of an `lxc.*` line. Subkeys of `lxc.net` are looked up, those of
/// other prefixes taken as known.
#[must_use]
pub fn lxc_knows(key: &[u8], release: Release) -> bool {
    if let Some(net) = key.strip_prefix(b"lxc.net.") {
        let (number, subkey) = match memchr::memchr(b'.', net) {
            Some(dot) => {
                let (number, subkey) = net.split_at(dot);
                (number, subkey.get(1..))
            }
            None => (net, None),
        };
        let known = |subkey: &[u8]| NET_KEYS.iter().any(|known| known.as_bytes() == subkey);
        return !number.is_empty() && number.iter().all(u8::is_ascii_digit) && subkey.is_none_or(known);
    }
    lxc_exact(key).is_some_and(|since| since <= release)
        || LXC_PREFIXES.iter().any(|prefix| key.starts_with(prefix.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_are_canonical_and_bounded() {
        let known = |key: &str, release| option(key.as_bytes(), release).is_some();
        assert!(known("mp0", Release::Pve7) && known("mp255", Release::Pve7) && known("net31", Release::Pve9));
        for key in ["mp", "mp00", "mp256", "net32", "rootfs0", "memory1", "mp99999"] {
            assert!(!known(key, Release::Pve9), "{key}");
        }
        assert!(!known("dev0", Release::Pve7) && known("dev0", Release::Pve8) && !known("env", Release::Pve8));
    }

    #[test]
    fn raw_keys_are_judged_per_release() {
        assert_eq!(RawKey::of(b"lxc.limit.nofile", Release::Pve7), RawKey::Limit);
        assert_eq!(RawKey::of(b"lxc.id_map", Release::Pve9), RawKey::Renamed("lxc.idmap"));
        assert_eq!(RawKey::of(b"lxc.init.uid", Release::Pve8), RawKey::Unknown);
        assert_eq!(RawKey::of(b"lxc.init.uid", Release::Pve9), RawKey::Since(Release::Pve9));
        assert_eq!(RawKey::of(b"lxc.cgroup.x", Release::Pve8), RawKey::LegacyCgroup);
        assert_eq!(RawKey::of(b"lxc.cgroup2.x", Release::Pve8), RawKey::Since(Release::Pve7));
        assert_eq!(RawKey::of(b"lxc.network", Release::Pve8), RawKey::Unknown);
        assert!(!lxc_knows(b"lxc.kmsg", Release::Pve9) && lxc_knows(b"lxc.tty.dir", Release::Pve9));
        assert!(lxc_knows(b"lxc.net.0.mtu", Release::Pve9) && !lxc_knows(b"lxc.net.0.mtv", Release::Pve9));
    }

    #[test]
    fn time_zones_are_sorted_for_searching() {
        assert!(
            TIMEZONES.is_sorted_by_key(|zone| zone.as_str()) && TIMEZONES.iter().any(|zone| *zone == "Europe/Vienna")
        );
    }
}
