//! The identifiers of `user.cfg` and how PVE tells them apart: user ids, token ids, group, role and pool names, storage ids.

use crate::model::tables::access::{is_name, is_name_byte};
use crate::release::Release;
use crate::syntax::colon::{Blanks, is_space};
use bstr::{BStr, ByteSlice};

/// The only user that needs no line: `userconfig_force_defaults` in pve-access-control makes it.
pub const ROOT: &[u8] = b"root@pam";

/// Why a text is no user id (pve-access-control, `verify_username` in `src/PVE/Auth/Plugin.pm`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserFault {
    /// Under 3 bytes.
    Short,
    /// Over 64 bytes; holds their number.
    Long(usize),
    /// There is no `@`.
    NoRealm,
    /// What follows the last `@` isn't a letter followed by one or more of `A-Z a-z 0-9 . _ -`.
    Realm,
    /// The part before the last `@` is empty or holds white space or `/`.
    Name,
}

/// Why a text is no full token id (pve-access-control, `split_tokenid`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// There is no `!`.
    NoToken,
    /// The token name behind the last `!` has one character; PVE wants two.
    OneCharacter,
    /// What follows the last `!` isn't a letter followed by one or more of `A-Z a-z 0-9 . _ -`.
    Token,
    /// What stands before the last `!` is no `name@realm`.
    User(UserFault),
}

/// A letter and one or more of `A-Z a-z 0-9 . _ -`: realms and token names.
fn is_realm(text: &[u8]) -> bool {
    matches!(text, [first, second, rest @ ..] if first.is_ascii_alphabetic()
        && is_name_byte(*second) && rest.iter().all(|&byte| is_name_byte(byte)))
}

/// Splits `name@realm` at its last `@`, which is the only place that can be followed by a realm. Checks no length.
fn name_and_realm(id: &[u8]) -> Result<(&[u8], &[u8]), UserFault> {
    let at = id.rfind_byte(b'@').ok_or(UserFault::NoRealm)?;
    let (name, realm) = (id.get(..at).unwrap_or_default(), id.get(at + 1..).unwrap_or_default());
    if !is_realm(realm) {
        return Err(UserFault::Realm);
    }
    if name.is_empty() || name.iter().any(|&byte| is_space(byte) || matches!(byte, b':' | b'/')) {
        return Err(UserFault::Name);
    }
    Ok((name, realm))
}

/// Checks a user id, `name@realm` of 3 to 64 bytes.
///
/// # Errors
/// What is wrong with it.
pub fn check_user(id: &[u8]) -> Result<(), UserFault> {
    match id.len() {
        ..3 => Err(UserFault::Short),
        3..=64 => name_and_realm(id).map(drop),
        length => Err(UserFault::Long(length)),
    }
}

/// The realm of a valid user id; empty for any other text.
#[must_use]
pub fn realm(id: &[u8]) -> &BStr {
    name_and_realm(id).map_or(b"".as_bstr(), |(_, realm)| realm.as_bstr())
}

/// The first byte of `id` at which a list ends an item, or that changes how a list is split. No group, ACL or command that
/// takes a list can name such an id.
#[must_use]
pub fn unlistable(id: &[u8], blanks: Blanks) -> Option<u8> {
    id.iter().copied().find(|&byte| matches!(byte, b',' | b';' | 0) || blanks.contains(byte))
}

/// Splits a full token id `name@realm!token` into user id and token name. The user part has no length limit here.
///
/// # Errors
/// What is wrong with it.
pub fn split_token(id: &[u8]) -> Result<(&[u8], &[u8]), TokenFault> {
    let at = id.rfind_byte(b'!').ok_or(TokenFault::NoToken)?;
    let (user, token) = (id.get(..at).unwrap_or_default(), id.get(at + 1..).unwrap_or_default());
    if !is_realm(token) {
        let one = token.len() == 1 && token.iter().all(u8::is_ascii_alphabetic);
        return Err(if one { TokenFault::OneCharacter } else { TokenFault::Token });
    }
    name_and_realm(user).map_err(TokenFault::User)?;
    Ok((user, token))
}

/// What stands before and behind the last `!` of a text, whether that makes a token id or not.
#[must_use]
pub fn token_parts(id: &[u8]) -> Option<(&BStr, &BStr)> {
    let at = id.rfind_byte(b'!')?;
    Some((id.get(..at)?.as_bstr(), id.get(at + 1..)?.as_bstr()))
}

/// Whether `name` can be a group or role: one or more of `A-Z a-z 0-9 . _ -`, and not just `0`, which Perl takes for false.
#[must_use]
pub fn is_group_or_role(name: &[u8]) -> bool {
    is_name(name) && name != b"0"
}

/// Whether `name` can be a pool. Since pve-access-control 8.0.7 pools nest up to three levels (`org/team/web`).
#[must_use]
pub fn is_pool(name: &[u8], release: Release) -> bool {
    let levels = if release == Release::Pve7 { 1 } else { 3 };
    name != b"0" && name.split(|&byte| byte == b'/').all(is_name) && name.split(|&byte| byte == b'/').count() <= levels
}

/// Whether `id` can be a storage in a pool: a letter, any of `A-Z a-z 0-9 . _ -`, and a letter or digit at the end.
#[must_use]
pub fn is_storage(id: &[u8]) -> bool {
    matches!(id, [first, middle @ .., last] if first.is_ascii_alphabetic()
        && middle.iter().all(|&byte| is_name_byte(byte)) && last.is_ascii_alphanumeric())
}

/// Why an ACL path was refused, or what its normalised form is (pve-access-control, `normalize_path`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathFault {
    /// Empty, or just `0`.
    Empty,
    /// Holds this byte, which isn't one of `A-Z a-z 0-9 . _ - /`.
    Byte(u8),
}

/// The components of an ACL path as they lead through the ACL tree: empty ones don't count, and neither does `0`, which Perl
/// takes for false (`find_acl_tree_node`).
///
/// # Errors
/// Why PVE refuses the path.
pub fn acl_components(path: &[u8]) -> Result<impl Iterator<Item = &[u8]>, PathFault> {
    if path.is_empty() || path == b"0" {
        return Err(PathFault::Empty);
    }
    if let Some(&byte) = path.iter().find(|&&byte| byte != b'/' && !is_name_byte(byte)) {
        return Err(PathFault::Byte(byte));
    }
    Ok(path.split(|&byte| byte == b'/').filter(|part| !part.is_empty() && *part != b"0"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_split_at_the_last_at_sign() {
        assert_eq!(check_user(b"a@b@pve"), Ok(()));
        assert_eq!(check_user(b"a@pve!t@ad"), Ok(()));
        assert_eq!(check_user(b"a@p"), Err(UserFault::Realm));
        assert_eq!(check_user(b"@pve"), Err(UserFault::Name));
        assert_eq!(check_user(b"bob"), Err(UserFault::NoRealm));
        assert_eq!(check_user(&[&[b'u'; 61][..], b"@pve"].concat()), Err(UserFault::Long(65)));
    }

    #[test]
    fn tokens_need_two_characters() {
        assert_eq!(split_token(b"a@pve!xy"), Ok((&b"a@pve"[..], &b"xy"[..])));
        assert_eq!(split_token(b"a@pve!x"), Err(TokenFault::OneCharacter));
        assert_eq!(split_token(b"a@pve!1x"), Err(TokenFault::Token));
        assert_eq!(split_token(b"a@pve"), Err(TokenFault::NoToken));
    }

    #[test]
    fn pools_nest_since_8() {
        assert!(
            is_pool(b"a/b/c", Release::Pve9) && !is_pool(b"a/b", Release::Pve7) && !is_pool(b"a/b/c/d", Release::Pve9)
        );
        assert!(!is_pool(b"/a", Release::Pve9) && !is_pool(b"a/", Release::Pve9) && !is_pool(b"0", Release::Pve9));
    }
}
