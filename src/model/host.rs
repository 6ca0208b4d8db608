//! The few facts of a node's own `/etc` files that an id map depends on: which accounts have uid 0 (`/etc/passwd`), and
//! whether subordinate ids come from files at all (`/etc/nsswitch.conf`). Nothing else of these files is read.

use bstr::ByteSlice;

use crate::text::{lines, without_lf};

/// The names of the accounts with uid 0, in the order of `/etc/passwd`. Their lines in `/etc/subuid` count as root's
/// (shadow, `lib/subordinateio.c`).
pub fn root_accounts(passwd: &[u8]) -> impl Iterator<Item = &[u8]> {
    lines(passwd).filter_map(|line| {
        let mut fields = without_lf(line).split_str(":");
        let name = fields.next()?;
        let uid = fields.nth(1)?;
        (uid == b"0" && !name.is_empty()).then_some(name)
    })
}

/// Whether `/etc/subuid` and `/etc/subgid` are consulted: a `subid:` line of `nsswitch.conf` with another source turns them off.
#[must_use]
pub fn subid_from_files(nsswitch: &[u8]) -> bool {
    lines(nsswitch)
        .filter_map(|line| without_lf(line).trim_ascii_start().strip_prefix(b"subid:"))
        .all(|sources| sources.fields_with(char::is_whitespace).next().is_none_or(|source| source == b"files"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_uid_0_are_found() {
        let passwd = b"root:x:0:0::/root:/bin/sh\nbin:x:2:2::/:/bin/sh\ntoor:x:0:0::/:/bin/sh\nbad:0\n";
        assert_eq!(root_accounts(passwd).collect::<Vec<_>>(), [&b"root"[..], b"toor"]);
    }

    #[test]
    fn another_source_of_subids_turns_the_files_off() {
        assert!(subid_from_files(b"passwd: files\n"));
        assert!(subid_from_files(b"subid: files\n"));
        assert!(!subid_from_files(b"# x\nsubid: sss\n"));
    }
}
