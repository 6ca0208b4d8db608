//! Getting bytes off a disk without trusting what lies there.

use std::ffi::OsStr;
use std::fs::{File, FileType, Metadata, OpenOptions};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use super::ProblemKind;
use crate::release::Release;
use crate::text::MAX_FILE_SIZE;

/// What a directory entry is, as the directory says (no `stat` for it on usual file systems).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ItemKind {
    File,
    Dir,
    Link,
    Special(&'static str),
}

/// One entry of a directory.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) name: std::ffi::OsString,
    pub(super) kind: ItemKind,
}

impl Item {
    pub(super) fn is(&self, name: &str, kind: ItemKind) -> bool {
        self.kind == kind && self.name == OsStr::new(name)
    }
}

/// The entries of `dir`, sorted by name, `limit` of them at most; and whether there were more.
pub(super) fn list(dir: &Path, limit: usize) -> io::Result<(Vec<Item>, bool)> {
    let mut items = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if items.len() == limit {
            return Ok((items, true));
        }
        let kind = entry.file_type().map_or(ItemKind::Special("entry of unknown type"), item_kind);
        items.push(Item { name: entry.file_name(), kind });
    }
    items.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    Ok((items, false))
}

/// What a file type is here.
pub(super) fn item_kind(kind: FileType) -> ItemKind {
    if kind.is_file() {
        ItemKind::File
    } else if kind.is_dir() {
        ItemKind::Dir
    } else if kind.is_symlink() {
        ItemKind::Link
    } else {
        ItemKind::Special(special_name(kind))
    }
}

#[cfg(unix)]
fn special_name(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_fifo() {
        "FIFO"
    } else if kind.is_socket() {
        "socket"
    } else if kind.is_char_device() {
        "character device"
    } else if kind.is_block_device() {
        "block device"
    } else {
        "special file"
    }
}

#[cfg(not(unix))]
fn special_name(_: FileType) -> &'static str {
    "special file"
}

/// Opens a file that its directory called regular. Should it have been replaced by a FIFO since, this doesn't wait for a
/// writer (Linux on the platforms PVE runs on; the number is `O_NONBLOCK`, which means nothing for regular files).
fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, 0o4000);
    options.open(path)
}

/// Opens a regular file and says how long it is.
fn open_regular(path: &Path) -> Result<(File, Metadata), ProblemKind> {
    let file = open(path).map_err(|error| ProblemKind::unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| ProblemKind::unreadable(&error))?;
    match item_kind(metadata.file_type()) {
        ItemKind::File => Ok((file, metadata)),
        ItemKind::Dir => Err(ProblemKind::NotRegular("directory")),
        ItemKind::Link => Err(ProblemKind::NotRegular("symbolic link")),
        ItemKind::Special(what) => Err(ProblemKind::NotRegular(what)),
    }
}

/// The bytes of a regular file of at most [`MAX_FILE_SIZE`] bytes, at the price of open, fstat, one read and close.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ProblemKind> {
    let (file, metadata) = open_regular(path)?;
    let size = metadata.len();
    let Some(expected) = usize::try_from(size).ok().filter(|&size| size <= MAX_FILE_SIZE) else {
        return Err(ProblemKind::TooLarge(size));
    };
    let mut bytes = vec![0; expected];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match (&file).read(rest) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ProblemKind::unreadable(&error)),
        }
    }
    bytes.truncate(filled);
    if expected == 0 {
        // Some virtual file systems say 0 and have bytes.
        let limit = MAX_FILE_SIZE as u64 + 1;
        (&file).take(limit).read_to_end(&mut bytes).map_err(|error| ProblemKind::unreadable(&error))?;
        if bytes.len() > MAX_FILE_SIZE {
            return Err(ProblemKind::TooLarge(bytes.len() as u64));
        }
    }
    Ok(bytes)
}

/// The bytes of a file that was named, which may be a link to another one in its own directory: what a stranger's checkout names so
/// must not lead elsewhere.
///
/// # Errors
/// As for any file of a tree.
pub fn read_beside(path: &Path) -> Result<Vec<u8>, ProblemKind> {
    let metadata = path.symlink_metadata().map_err(|error| ProblemKind::unreadable(&error))?;
    if !metadata.is_symlink() {
        return read(path);
    }
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    let scope = parent.canonicalize().map_err(|error| ProblemKind::unreadable(&error))?;
    let target = super::walk::link_target(path, &scope)?;
    let below = target.strip_prefix(&scope).unwrap_or(&target).to_string_lossy().into_owned();
    if below.split('/').any(|part| part == "priv" || (part.starts_with('.') && !part.starts_with(".."))) {
        return Err(ProblemKind::LinkOther(below));
    }
    read(&target)
}

/// How much of a dpkg status file is looked at.
const MAX_DPKG_STATUS: u64 = 64 * 1024 * 1024;

/// The release of PVE that a node's dpkg status file (`/var/lib/dpkg/status`) says is installed: the major number of
/// package pve-manager's version. `None` when the file can't be read, doesn't have the package, has it only removed, or
/// names a release that isn't known here.
///
/// The file is read in pieces, its first 64 MiB at most, and only when it is a regular file.
#[must_use]
pub fn dpkg_release(path: &Path) -> Option<Release> {
    if !path.symlink_metadata().ok()?.is_file() {
        return None;
    }
    let (file, _) = open_regular(path).ok()?;
    release_in(BufReader::with_capacity(1 << 16, file.take(MAX_DPKG_STATUS)))
}

/// [`dpkg_release`] on an open file.
fn release_in(mut status: impl BufRead) -> Option<Release> {
    let mut line = Vec::new();
    let (mut found, mut installed, mut release) = (false, false, None);
    loop {
        line.clear();
        let count = status.read_until(b'\n', &mut line).ok()?;
        let text = line.trim_ascii_end();
        if text.is_empty() {
            if found && installed && release.is_some() {
                return release;
            }
            if count == 0 {
                return None;
            }
            (found, installed, release) = (false, false, None);
        } else if let Some(package) = text.strip_prefix(b"Package:") {
            found = package.trim_ascii() == b"pve-manager";
        } else if !found {
            // Another package's stanza.
        } else if let Some(state) = text.strip_prefix(b"Status:") {
            installed = state.rsplit(u8::is_ascii_whitespace).next() == Some(b"installed");
        } else if let Some(version) = text.strip_prefix(b"Version:") {
            let version = std::str::from_utf8(version.trim_ascii()).unwrap_or_default();
            release = version.rsplit(':').next().and_then(|version| version.parse().ok());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_an_installed_pve_manager() {
        let other = "Package: pve-manager-dummy\nStatus: install ok installed\nVersion: 7.0\n\n";
        let table: &[(&str, Option<Release>)] = &[
            ("Package: pve-manager\nStatus: install ok installed\nVersion: 9.1.2\n", Some(Release::Pve9)),
            ("Package: pve-manager\nStatus: hold ok installed\nVersion: 8.4.1\n\n", Some(Release::Pve8)),
            ("Package: pve-manager\nStatus: install ok installed\nVersion: 7.4-20\n", Some(Release::Pve7)),
            ("Package: pve-manager\nStatus: deinstall ok config-files\nVersion: 8.4.1\n\n", None),
            ("Package: pve-manager\nStatus: install ok installed\nVersion: 6.4-1\n\n", None),
            ("Package: pve-manager\nVersion: 8.4.1\n\n", None),
            ("Version: 8.4.1\nStatus: install ok installed\n", None),
            ("", None),
        ];
        for (text, release) in table {
            assert_eq!(release_in(text.as_bytes()), *release, "{text}");
            assert_eq!(release_in(format!("{other}{text}").as_bytes()), *release, "{text}");
        }
    }
}
