//! The parts of those `lxc.*` values that rules look into (LXC, `src/lxc/confile.c` and `src/lxc/conf.c`).

use crate::syntax::property::is_space;

/// The value of an `lxc.mount.entry` line: a line of fstab. Its slices are parts of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MountEntry<'a> {
    /// What is mounted.
    pub source: &'a [u8],
    /// Where, seen from the container's root file system; LXC ignores the line when it begins with a slash and not with
    /// the path of that file system.
    pub target: &'a [u8],
    /// Type of file system; empty when missing.
    pub fstype: &'a [u8],
    /// Options, separated by commas; empty when missing.
    pub options: &'a [u8],
}

impl<'a> MountEntry<'a> {
    /// Reads `value`; `None` when it hasn't even a target.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut fields = value.split(|&b| is_space(b)).filter(|field| !field.is_empty());
        let (source, target) = (fields.next()?, fields.next()?);
        let (fstype, options) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        Some(Self { source, target, fstype, options })
    }

    /// The options, one by one.
    pub fn options(&self) -> impl Iterator<Item = &'a [u8]> {
        self.options.split(|&b| b == b',').filter(|option| !option.is_empty())
    }

    /// Whether an option is among them.
    #[must_use]
    pub fn has(&self, option: &str) -> bool {
        self.options().any(|have| have == option.as_bytes())
    }

    /// Whether the start goes on without a source or target: `optional`, or for the target `create=dir`, `create=file`.
    #[must_use]
    pub fn creates_target(&self) -> bool {
        self.has("optional") || self.has("create=dir") || self.has("create=file")
    }
}

/// The value of an `lxc.cgroup2.devices.allow` or `deny` line, as `c 226:128 rwm`; `a` alone is every device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeviceRule<'a> {
    /// `a`, `b` or `c`.
    pub kind: u8,
    /// Major number or `*`; empty with `a` alone.
    pub major: &'a [u8],
    /// Minor number or `*`; empty with `a` alone.
    pub minor: &'a [u8],
    /// Some of `r`, `w`, `m`.
    pub access: &'a [u8],
}

impl<'a> DeviceRule<'a> {
    /// Reads `value`; `None` when it has another form.
    #[must_use]
    pub fn parse(value: &'a [u8]) -> Option<Self> {
        let mut fields = value.split(|&b| is_space(b)).filter(|field| !field.is_empty());
        let kind = match fields.next()? {
            b"a" => b'a',
            b"b" => b'b',
            b"c" => b'c',
            _ => return None,
        };
        let Some(numbers) = fields.next() else {
            return (kind == b'a').then_some(Self { kind, major: b"", minor: b"", access: b"" });
        };
        let (major, minor) = numbers.split_at_checked(memchr::memchr(b':', numbers)?)?;
        Some(Self { kind, major, minor: minor.get(1..)?, access: fields.next().unwrap_or_default() })
    }

    /// Whether it means every device, or every block device.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.kind == b'a' || (self.kind == b'b' && self.major == b"*" && self.minor == b"*")
    }
}

/// Whether `value` is one `lxc.prlimit.*` can have: `soft` or `soft:hard`, each a number or `unlimited`; empty clears it.
#[must_use]
pub fn is_limit(value: &[u8]) -> bool {
    let part = |part: &[u8]| {
        let digits = part.trim_ascii();
        let digits = digits.strip_prefix(b"-").unwrap_or(digits);
        digits == b"unlimited" || (!digits.is_empty() && digits.iter().all(u8::is_ascii_digit))
    };
    let mut parts = value.split(|&b| b == b':');
    value.is_empty() || (parts.by_ref().take(2).all(part) && parts.next().is_none())
}

/// The words of a value that is a list: capabilities, what to mount automatically.
pub fn words(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|&b| is_space(b)).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_entries_have_four_fields_that_matter() {
        let entry = MountEntry::parse(b"/dev/dri  dev/dri none bind,optional,create=dir 0 0").unwrap();
        assert_eq!((entry.source, entry.target, entry.fstype), (&b"/dev/dri"[..], &b"dev/dri"[..], &b"none"[..]));
        assert!(entry.has("bind") && entry.creates_target() && !entry.has("create"));
        assert_eq!(MountEntry::parse(b"/dev/dri"), None);
        assert!(!MountEntry::parse(b"a b").unwrap().creates_target());
    }

    #[test]
    fn device_rules_may_mean_everything() {
        let rule = DeviceRule::parse(b"c 226:* rwm").unwrap();
        assert_eq!((rule.major, rule.minor, rule.access), (&b"226"[..], &b"*"[..], &b"rwm"[..]));
        assert!(!rule.is_everything());
        assert!(DeviceRule::parse(b"a").unwrap().is_everything());
        assert!(DeviceRule::parse(b"b *:* rwm").unwrap().is_everything());
        assert_eq!(DeviceRule::parse(b"x 1:1"), None);
        assert_eq!(DeviceRule::parse(b"c 11"), None);
    }

    #[test]
    fn limits_are_numbers_or_unlimited() {
        for good in ["1024", "1024:2048", "unlimited", "8 : unlimited", "", "-1"] {
            assert!(is_limit(good.as_bytes()), "{good}");
        }
        for bad in ["64k", "1:2:3", "lots", ":5", "5:"] {
            assert!(!is_limit(bad.as_bytes()), "{bad}");
        }
    }
}
