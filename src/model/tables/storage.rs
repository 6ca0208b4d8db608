//! Storage types, their properties and content kinds (`grammar/storage.toml`; pve-storage's `PVE/Storage/*Plugin.pm`).
//!
//! Vocabulary and look-up only; what a `storage.cfg` makes of it is [`crate::model::storage`].

use std::fmt;

use crate::model::schema::{Format, Property, format};
use crate::model::storage::format as storage_format;
use crate::model::tables::place::{List, Listed, Text};
use crate::release::Release;

include!(concat!(env!("OUT_DIR"), "/storage.rs"));

/// What a storage may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContentKind {
    /// vzdump archives, PBS snapshots.
    Backup,
    /// VM disks.
    Images,
    /// OVA, OVF and disk images to import; since 8.
    Import,
    /// ISO images.
    Iso,
    /// Explicitly nothing.
    None,
    /// Container volumes.
    Rootdir,
    /// Hook scripts and cloud-init files.
    Snippets,
    /// Container templates.
    Vztmpl,
}

impl ContentKind {
    /// All of them, in alphabetical order.
    pub const ALL: [Self; 8] =
        [Self::Backup, Self::Images, Self::Import, Self::Iso, Self::None, Self::Rootdir, Self::Snippets, Self::Vztmpl];

    /// The word in `storage.cfg`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backup => "backup",
            Self::Images => "images",
            Self::Import => "import",
            Self::Iso => "iso",
            Self::None => "none",
            Self::Rootdir => "rootdir",
            Self::Snippets => "snippets",
            Self::Vztmpl => "vztmpl",
        }
    }

    /// The kind with this name; lower case only, as for PVE.
    #[must_use]
    pub fn from_name(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }

    /// Whether this release accepts the word at all.
    #[must_use]
    pub fn known_to(self, release: Release) -> bool {
        self != Self::Import || release >= Release::Pve8
    }

    /// Where path-based storages keep it, relative to their path, unless `content-dirs` says otherwise; empty for `none`.
    #[must_use]
    pub const fn subdir(self) -> &'static str {
        subdir(self)
    }
}

impl fmt::Display for ContentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of content kinds.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ContentSet(u8);

impl ContentSet {
    /// No kind.
    pub const EMPTY: Self = Self(0);

    /// The set of these kinds.
    #[must_use]
    pub const fn of(kinds: &[ContentKind]) -> Self {
        let mut bits = 0;
        let mut rest = kinds;
        while let [kind, tail @ ..] = rest {
            bits |= 1 << *kind as u8;
            rest = tail;
        }
        Self(bits)
    }

    /// Whether `kind` is in the set.
    #[must_use]
    pub const fn has(self, kind: ContentKind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// The set with `kind` in it.
    #[must_use]
    pub const fn with(self, kind: ContentKind) -> Self {
        Self(self.0 | (1 << kind as u8))
    }

    /// The set without `kind`.
    #[must_use]
    pub const fn without(self, kind: ContentKind) -> Self {
        Self(self.0 & !(1 << kind as u8))
    }

    /// The kinds in both sets.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Number of kinds.
    #[must_use]
    pub const fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// The kinds, in alphabetical order.
    pub fn iter(self) -> impl Iterator<Item = ContentKind> {
        ContentKind::ALL.into_iter().filter(move |&kind| self.has(kind))
    }
}

impl fmt::Debug for ContentSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

/// What a storage type hands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Files in a directory.
    File,
    /// Block devices.
    Block,
    /// Backups only.
    Backup,
    /// Guests to import only.
    Import,
}

/// Whether volumes are the same on every node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// By nature; the `shared` property is refused and held as 1.
    Always,
    /// If `shared` says so.
    Settable,
    /// Never; the `shared` property is refused.
    Never,
}

/// How the names of a type's volumes are built; read by [`crate::model::volume`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Volumes {
    /// `100/vm-100-disk-0.qcow2`, `iso/x.iso` and so on.
    Directory,
    /// `vm-100-disk-0`.
    Lvm,
    /// `vm-100-disk-0`, `base-100-disk-0`.
    Lvmthin,
    /// `[base-9000-disk-0/]vm-100-disk-0`, `subvol-100-disk-0`; for zfspool and zfs.
    Zfs,
    /// `[base-9000-disk-0/]vm-100-disk-0`.
    Rbd,
    /// `0.0.1.scsi-36001405`.
    Iscsi,
    /// `lun0`.
    Iscsidirect,
    /// `backup/vm/100/2024-01-01T00:00:00Z`.
    Pbs,
    /// `ha-datacenter/datastore/vm/vm.vmx`.
    Esxi,
}

/// Whether a section needs a property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// No.
    Optional,
    /// Yes; without it the section is a ghost.
    Required,
    /// Yes, but an absent one becomes `/mnt/pve/<storage>`.
    Filled,
}

/// A property of one storage type.
#[derive(Clone, Copy, Debug)]
pub struct TypeOption {
    /// Its name; [`property`] has its schema.
    pub name: Text,
    /// Whether it is needed.
    pub need: Need,
    /// Whether API and command line refuse to change it.
    pub fixed: bool,
    /// First release that knows it.
    pub since: Release,
    /// Last release that knows it.
    pub until: Release,
    /// First pve-storage versions that know it, at most one per release; empty: it was always there.
    pub since_text: List<Text>,
    /// First pve-storage version that doesn't know it any more; empty: it is still there.
    pub until_text: Text,
}

impl TypeOption {
    /// Whether `release` knows it.
    #[must_use]
    pub fn known_to(&self, release: Release) -> bool {
        self.since <= release && release <= self.until
    }
}

/// A storage type that PVE ships. Types of third-party plugins can't be known.
#[derive(Debug)]
pub struct StorageType {
    /// The word in front of the colon, in lower case.
    pub name: &'static str,
    /// What it hands out.
    pub level: Level,
    /// How its volumes are named.
    pub volumes: Volumes,
    /// Whether it is shared.
    pub sharing: Sharing,
    /// First release that has it.
    pub since: Release,
    /// Last release that has it.
    pub until: Release,
    /// First pve-storage version that has it; empty: it was always there.
    pub since_text: &'static str,
    /// First pve-storage version that lacks it; empty: it is still there.
    pub until_text: &'static str,
    content: ContentSet,
    /// What it holds when `content` is absent.
    pub default_content: ContentSet,
    import_since: Release,
    /// First pve-storage version that supports content kind `import` on it; empty when none does.
    pub import_since_text: &'static str,
    formats: &'static [&'static str],
    formats_since: Release,
    /// Properties whose real value belongs in a file below `priv/`, not in `storage.cfg`.
    pub sensitive: &'static [&'static str],
    /// Its properties, in all releases, sorted by name.
    pub options: List<TypeOption>,
}

impl StorageType {
    /// Whether `release` has it.
    #[must_use]
    pub fn known_to(&self, release: Release) -> bool {
        self.since <= release && release <= self.until
    }

    /// The kinds it can hold, `none` included where that is allowed.
    #[must_use]
    pub fn content(&self, release: Release) -> ContentSet {
        if release < self.import_since { self.content.without(ContentKind::Import) } else { self.content }
    }

    /// The image formats that its `format` property may name, default first. `None`: PVE declares none, so images are
    /// raw and every value of `format` is dropped.
    #[must_use]
    pub fn formats(&self, release: Release) -> Option<&'static [&'static str]> {
        (!self.formats.is_empty() && release >= self.formats_since).then_some(self.formats)
    }

    /// The property `name` as `release` knows it.
    #[must_use]
    pub fn option(&self, name: &[u8], release: Release) -> Option<&'static TypeOption> {
        self.option_any(name).filter(|option| option.known_to(release))
    }

    /// The property `name` as any release knows it.
    #[must_use]
    pub fn option_any(&self, name: &[u8]) -> Option<&'static TypeOption> {
        let at = self.options.binary_search_by(|option| option.name.as_bytes().cmp(name)).ok()?;
        self.options.as_slice().get(at)
    }

    /// Whether volumes are files below a path, so that PVE can make directories for the content kinds.
    #[must_use]
    pub fn is_path_based(&self) -> bool {
        self.volumes == Volumes::Directory
    }
}

/// The storage types of all releases, sorted by name.
#[must_use]
pub fn types() -> &'static [StorageType] {
    &TYPES
}

/// The storage type `name`, in lower case, if `release` ships it.
#[must_use]
pub fn storage_type(name: &[u8], release: Release) -> Option<&'static StorageType> {
    storage_type_any(name).filter(|storage_type| storage_type.known_to(release))
}

/// The storage type `name`, in lower case, if any release ships it.
#[must_use]
pub fn storage_type_any(name: &[u8]) -> Option<&'static StorageType> {
    TYPES.iter().find(|storage_type| storage_type.name.as_bytes() == name)
}

/// The schema of a property that some storage type of `release` has.
#[must_use]
pub fn property(name: &[u8], release: Release) -> Option<&'static Property> {
    let first = PROPERTIES.partition_point(|property| property.name.as_bytes() < name);
    PROPERTIES
        .iter()
        .skip(first)
        .take_while(|property| property.name.as_bytes() == name)
        .find(|property| property.known_to(release))
}

/// The schemas of all properties in all releases, sorted by name.
#[must_use]
pub fn properties() -> &'static [Property] {
    &PROPERTIES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_has_a_schema_in_its_releases() {
        for storage_type in types() {
            for option in storage_type.options {
                for release in Release::ALL {
                    assert_eq!(
                        storage_type.option(option.name.as_bytes(), release).is_some(),
                        option.known_to(release),
                        "{} {}",
                        storage_type.name,
                        option.name
                    );
                    if option.known_to(release) {
                        assert!(property(option.name.as_bytes(), release).is_some(), "{} {release}", option.name);
                    }
                }
            }
        }
    }

    #[test]
    fn releases_differ() {
        let dir = storage_type(b"dir", Release::Pve9).unwrap();
        assert!(dir.option(b"maxfiles", Release::Pve8).is_some() && dir.option(b"maxfiles", Release::Pve9).is_none());
        assert_eq!(dir.option_any(b"maxfiles").unwrap().until_text, "9.0.9");
        assert!(!dir.content(Release::Pve7).has(ContentKind::Import));
        assert!(storage_type(b"glusterfs", Release::Pve9).is_none() && storage_type_any(b"glusterfs").is_some());
        assert!(storage_type(b"esxi", Release::Pve7).is_none());
        let lvm = storage_type(b"lvm", Release::Pve9).unwrap();
        assert_eq!((lvm.formats(Release::Pve8), lvm.formats(Release::Pve9)), (None, Some(&["raw", "qcow2"][..])));
        assert!(property(b"blocksize", Release::Pve8).unwrap().format.is_none());
        assert!(property(b"blocksize", Release::Pve9).unwrap().format.is_some());
        assert!(property(b"volume", Release::Pve9).is_none());
    }

    #[test]
    fn content_sets_are_sorted() {
        let set = ContentSet::of(&[ContentKind::Vztmpl, ContentKind::Backup]).with(ContentKind::Iso);
        assert_eq!(set.iter().map(ContentKind::name).collect::<Vec<_>>(), ["backup", "iso", "vztmpl"]);
        assert_eq!(set.len(), 3);
    }
}
