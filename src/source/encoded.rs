//! Files that hold something else than text: encrypted ones, and the formats people take for a configuration's copy.
//!
//! Told by their first bytes, before any parser sees them: what is in them can't be judged, and must not be judged line by line.

/// What a file's bytes are instead of a configuration's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// Encrypted by this program, and how its owner gets at the text.
    Encrypted(&'static str, &'static str),
    /// A file that stands for another one kept elsewhere, and how to get that.
    Pointer(&'static str, &'static str),
    /// Another format.
    Format(&'static str),
}

use Encoded::{Encrypted, Format, Pointer};

/// How many bytes of a file are looked at for what isn't at its beginning.
const LOOKED_AT: usize = 64 * 1024;

/// What `bytes` are, unless they may be a configuration's text.
#[must_use]
pub fn encoded(bytes: &[u8]) -> Option<Encoded> {
    let begins: [(&[u8], Encoded); 20] = [
        (b"\0GITCRYPT\0", Encrypted("git-crypt", "git-crypt unlock")),
        (b"$ANSIBLE_VAULT;", Encrypted("Ansible Vault", "ansible-vault decrypt FILE")),
        (b"age-encryption.org/v1", Encrypted("age", "age --decrypt")),
        (b"-----BEGIN AGE ENCRYPTED FILE-----", Encrypted("age", "age --decrypt")),
        (b"-----BEGIN PGP MESSAGE-----", Encrypted("GPG", "gpg --decrypt")),
        (b"Salted__", Encrypted("OpenSSL", "openssl enc -d")),
        (b"version https://git-lfs.github.com/spec/", Pointer("git-lfs", "git lfs pull")),
        (b"/annex/objects/", Pointer("git-annex", "git annex get")),
        (b"SQLite format 3\0", Format("SQLite database")),
        (b"\x1f\x8b", Format("gzip archive")),
        (b"\x28\xb5\x2f\xfd", Format("zstd archive")),
        (b"\xfd7zXZ\0", Format("xz archive")),
        (b"BZh", Format("bzip2 archive")),
        (b"PK\x03\x04", Format("zip archive")),
        (b"7z\xbc\xaf\x27\x1c", Format("7z archive")),
        (b"LZIP", Format("lzip archive")),
        (b"\x04\x22\x4d\x18", Format("lz4 archive")),
        (b"\x89LZO\0", Format("lzo archive")),
        (b"VMA\0", Format("vma archive")),
        (b"\x7fELF", Format("program")),
    ];
    if let Some((_, found)) = begins.iter().find(|(begin, _)| bytes.starts_with(begin)) {
        return Some(*found);
    }
    if bytes.get(257..262) == Some(b"ustar") {
        return Some(Format("tar archive"));
    }
    if is_openpgp(bytes) {
        return Some(Encrypted("GPG", "gpg --decrypt"));
    }
    let front = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let has = |needle: &[u8]| memchr::memmem::find(front, needle).is_some();
    if has(b"ENC[AES256_GCM,") && has(b"sops") {
        return Some(Encrypted("SOPS", "sops --decrypt FILE"));
    }
    // UTF-16, as editors of another system save it, and anything else with zero bytes: no line of it is what PVE reads.
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Some(Format("UTF-16 text"));
    }
    let zeros = memchr::memchr_iter(0, front).count();
    (zeros > 0 && zeros * 20 >= front.len()).then_some(Format("binary file"))
}

/// The first packet of a binary OpenPGP message: a session key, encrypted for somebody (tag 1 or 3), of a version there is.
fn is_openpgp(bytes: &[u8]) -> bool {
    let [first, second, rest @ ..] = bytes else { return false };
    let (tag, body) = match first {
        // Old format: the length takes 1, 2 or 4 bytes.
        0x84 | 0x8c => (first >> 2 & 0xf, rest.first()),
        0x85 | 0x8d => (first >> 2 & 0xf, rest.get(1)),
        0xc1 | 0xc3 if *second < 192 => (first & 0x3f, rest.first()),
        0xc1 | 0xc3 => (first & 0x3f, rest.get(1)),
        _ => return false,
    };
    matches!((tag, body), (1, Some(2 | 3 | 6)) | (3, Some(4..=6)))
}

impl std::fmt::Display for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Encrypted(by, _) => write!(f, "is encrypted ({by})"),
            Pointer(by, _) => write!(f, "is a pointer of {by} to a file that isn't here"),
            Format(what @ "UTF-16 text") => write!(f, "is {what}"),
            Format(what) => write!(f, "is no text but a {what}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes_tell_what_is_no_configuration() {
        let tar = [&[b'a'; 257][..], b"ustar\0"].concat();
        let sops = b"{\n\t\"data\": \"ENC[AES256_GCM,data:x]\",\n\t\"sops\": {}}";
        let table: &[(&[u8], &str)] = &[
            (b"\0GITCRYPT\0abc", "is encrypted (git-crypt)"),
            (b"$ANSIBLE_VAULT;1.1;AES256\n62", "is encrypted (Ansible Vault)"),
            (b"age-encryption.org/v1\n-> X25519", "is encrypted (age)"),
            (b"\x85\x02\x0c\x03\xaa", "is encrypted (GPG)"),
            (b"\x8c\x0d\x04\x09\x03", "is encrypted (GPG)"),
            (sops, "is encrypted (SOPS)"),
            (b"version https://git-lfs.github.com/spec/v1\noid", "is a pointer of git-lfs to a file that isn't here"),
            (b"SQLite format 3\0", "is no text but a SQLite database"),
            (&tar, "is no text but a tar archive"),
            (b"\x1f\x8b\x08", "is no text but a gzip archive"),
            (b"a\0b\0", "is no text but a binary file"),
        ];
        for (bytes, said) in table {
            assert_eq!(encoded(bytes).map(|found| found.to_string()).as_deref(), Some(*said));
        }
    }

    #[test]
    fn text_is_text_even_with_stray_bytes() {
        for bytes in
            [&b""[..], b"user:root@pam:1:0:::::\n", b"arch: amd64\n\xff\n", b"\xc1\x20 latin", b"description: sops\n"]
        {
            assert_eq!(encoded(bytes), None, "{bytes:?}");
        }
        assert_eq!(encoded(&[&b"x\0"[..], &[b'a'; 100]].concat()), None, "one zero byte is a mistake in a text");
    }
}
