//! `/etc/pve/storage.cfg` as PVE holds it (pve-common's `PVE/SectionConfig.pm`, pve-storage's `PVE/Storage/Plugin.pm`).
//!
//! [`StorageCfg::parse`] gives every section of the file with what became of it, the table of storages in effect, what
//! PVE dropped and logged ([`StorageCfg::dropped`]), and what it kept or overrode without a word ([`StorageCfg::odd`]).
//! Which types and properties exist is [`crate::model::tables::storage`]; names of volumes are [`crate::model::volume`].

mod dropped;
mod dump;
pub mod format;
mod quirks;
mod read;

use std::borrow::Cow;

use bstr::BStr;
use rustc_hash::FxHashMap;

use crate::model::schema::{self, Dialect, Format, Props, format as formats};
use crate::model::tables::storage::{self as tables, ContentKind, ContentSet, Need, Sharing, StorageType};
use crate::release::Release;
use crate::syntax::section::Document;
use crate::text::{Located, Span};

/// How lines look, of which [`StorageCfg::document`] and [`Reason::Line`] speak.
pub use crate::syntax::section::{Property as PropertyLine, Role, Shape};
pub use dropped::{Dropped, Owner, Reason, Refusal};
pub use quirks::{Quirk, QuirkKind, Separator};

/// Where PVE keeps the file; part of every text it logs.
pub const PATH: &str = "/etc/pve/storage.cfg";

/// The storage that always exists.
pub const LOCAL: &str = "local";

/// A `storage.cfg`.
#[derive(Debug)]
pub struct StorageCfg<'a> {
    /// The release it was read for.
    pub release: Release,
    /// The file.
    pub text: &'a [u8],
    /// The file, line by line. Sections have the same index here and in [`StorageCfg::sections`].
    pub document: Document<'a>,
    /// Every section in order, whatever became of it.
    pub sections: Vec<Section<'a>>,
    /// The `local` that PVE makes up when the file has no suitable one. All its spans are empty.
    pub implicit_local: Option<Section<'a>>,
    /// What PVE ignored, in the order of its log.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE kept or overrode silently though hardly anybody means it, in the order found.
    pub quirks: Vec<Quirk<'a>>,
    effective: FxHashMap<&'a [u8], usize>,
}

/// A section of the file.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// The type as written; PVE ignores its case.
    pub kind: Located<&'a BStr>,
    /// The type; `None` when this release of PVE ships none of that name. [`tables::storage_type_any`] knows whether another does.
    pub storage_type: Option<&'static StorageType>,
    /// The storage id.
    pub id: Located<&'a BStr>,
    /// The header line, without LF.
    pub header: Span,
    /// Header and body, up to the empty line.
    pub span: Span,
    /// What became of it.
    pub outcome: Outcome,
    /// What took its place in the table.
    pub overridden: Option<By>,
    /// Its place in the table, from 1, as PVE counts; 0 when it never was there.
    pub order: u32,
    /// The properties PVE holds, in the order written. In a section that is absent: none, see [`StorageCfg::document`].
    pub properties: Vec<Property<'a>>,
    /// What it may hold.
    pub content: Content,
    /// The nodes it is restricted to, in the order written; an empty list means that no node has it.
    pub nodes: Option<Vec<Located<&'a BStr>>>,
    /// The accepted elements of `content-dirs`; of two for one kind, the later one counts.
    pub content_dirs: Vec<ContentDir<'a>>,
}

/// A property of a section that PVE holds.
#[derive(Clone, Debug)]
pub struct Property<'a> {
    /// The key.
    pub key: Located<&'a BStr>,
    /// The value as written; `None` for a bare boolean.
    pub raw: Option<&'a BStr>,
    /// The value as PVE holds it, and where it stands; for a bare boolean the place behind the key.
    pub value: Located<Cow<'a, BStr>>,
    /// The whole line, without LF.
    pub line: Span,
    /// Index in [`Document::lines`] of the header it was meant for, when PVE didn't take that line for a header.
    pub adopted_from: Option<usize>,
}

/// What became of a section by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is a storage.
    Ok,
    /// Its id is in the table, without content: every access to it fails, and so does whatever walks all storages.
    Ghost(Ghost),
    /// PVE skipped it.
    Absent(Absent),
}

/// Why a section is a ghost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ghost {
    /// Required properties are missing. PVE logs one, at random; here it is the first.
    Missing(Vec<&'static str>),
    /// The path of a directory storage has characters other than letters, digits and `-/_.@`; the span is the value.
    IllegalPath(Span),
    /// `content none` together with other kinds; the span is the value.
    NoneMixed(Span),
    /// No content kind is left, and the type doesn't support `none`; the span is the value.
    NoContent(Span),
}

/// Why a section was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The id has illegal characters, or is too short.
    BadId,
    /// The type is `0`, which is no type for PVE.
    NoType,
    /// No type of this release has that name. A third-party plugin may.
    UnknownType,
}

/// What overrides a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// A later section of the same id, by index in [`StorageCfg::sections`].
    Section(usize),
    /// [`StorageCfg::implicit_local`].
    ImplicitLocal,
}

/// A line that is a section's header for people, and none for PVE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LostHeader<'a> {
    /// The type as written.
    pub kind: &'a BStr,
    /// The storage id; may be empty.
    pub id: &'a BStr,
    /// Why it is none.
    pub fault: HeaderFault,
}

/// Why a line isn't a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It doesn't begin at the margin.
    Indented,
    /// `dir : x`.
    BlankBeforeColon,
    /// `dir x`.
    NoColon,
    /// `dir: x # y`.
    TextBehind,
    /// `dir:`.
    NoId,
}

impl<'a> LostHeader<'a> {
    /// Reads an ignored line as a header.
    #[must_use]
    pub fn of(shape: Shape<'a>) -> Option<Self> {
        read::lost_header(shape)
    }

    /// Whether its type is one that PVE ships in some release.
    #[must_use]
    pub fn has_known_type(&self) -> bool {
        tables::storage_type_any(&self.kind.to_ascii_lowercase()).is_some()
    }
}

/// What became of a section in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status<'s> {
    /// It is a storage and in effect.
    Ok,
    /// It is a ghost.
    Ghost(&'s Ghost),
    /// PVE skipped it.
    Absent(Absent),
    /// Something else has its id.
    Overridden(By),
}

/// The content kinds of a section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// The kinds in effect.
    pub kinds: ContentSet,
    /// The supported kinds as written, repetitions included; empty when the type's default applies.
    pub items: Vec<Located<ContentKind>>,
    /// Whether `content` was written and accepted.
    pub explicit: bool,
}

/// An element of `content-dirs`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentDir<'a> {
    /// The kind.
    pub kind: Located<ContentKind>,
    /// The directory, meant relative to the storage's path even when it is absolute.
    pub path: Located<&'a BStr>,
}

/// A mount option of the `options` property.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MountOption<'a> {
    /// In front of `=`.
    pub key: &'a BStr,
    /// Behind `=`.
    pub value: Option<&'a BStr>,
    /// Both.
    pub span: Span,
}

impl<'a> Section<'a> {
    /// What became of it in the end.
    #[must_use]
    pub fn status(&self) -> Status<'_> {
        match (&self.outcome, self.overridden) {
            (Outcome::Absent(absent), _) => Status::Absent(*absent),
            (_, Some(by)) => Status::Overridden(by),
            (Outcome::Ghost(ghost), None) => Status::Ghost(ghost),
            (Outcome::Ok, None) => Status::Ok,
        }
    }

    /// Whether it is a storage and in effect.
    #[must_use]
    pub fn is_effective(&self) -> bool {
        self.status() == Status::Ok
    }

    /// The type's name, empty when it is unknown.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        self.storage_type.map_or("", |storage_type| storage_type.name)
    }

    /// The property `key`.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| property.key.value == key)
    }

    /// The value of `key` as PVE holds it.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&BStr> {
        self.property(key).map(|property| property.value.value.as_ref())
    }

    /// Whether the boolean `key` is set to 1.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| schema::is_true(value))
    }

    /// Whether `disable` is set.
    #[must_use]
    pub fn is_disabled(&self) -> bool {
        self.flag("disable")
    }

    /// Whether its volumes are the same on all its nodes, by the type's nature or because `shared` claims so.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        match self.storage_type.map(|storage_type| storage_type.sharing) {
            Some(Sharing::Always) => true,
            Some(Sharing::Settable) => self.flag("shared"),
            Some(Sharing::Never) | None => false,
        }
    }

    /// Whether `nodes` lets this node have it; names are compared exactly.
    #[must_use]
    pub fn is_on_node(&self, node: &[u8]) -> bool {
        self.nodes.as_ref().is_none_or(|nodes| nodes.iter().any(|listed| listed.value == node))
    }

    /// Its directory: `path`, or where the type mounts it.
    #[must_use]
    pub fn path(&self) -> Option<Cow<'_, BStr>> {
        if let Some(path) = self.value("path") {
            return Some(Cow::Borrowed(path));
        }
        let filled = self.storage_type?.option_any(b"path")?.need == Need::Filled;
        filled.then(|| {
            let mut path = bstr::BString::from("/mnt/pve/");
            path.extend_from_slice(self.id.value);
            Cow::Owned(path)
        })
    }

    /// The directory for `kind` below [`Section::path`], and where `content-dirs` says so.
    #[must_use]
    pub fn content_dir(&self, kind: ContentKind) -> (&BStr, Option<Span>) {
        match self.content_dirs.iter().rev().find(|dir| dir.kind.value == kind) {
            Some(dir) => (dir.path.value, Some(dir.kind.span.join(dir.path.span))),
            None => (BStr::new(kind.subdir()), None),
        }
    }

    /// The elements of the list in property `key`.
    pub fn list(&self, key: &str, release: Release) -> impl Iterator<Item = Located<&'a BStr>> {
        let place = self.property(key).and_then(|property| Some((property.raw?, property.value.span)));
        place.into_iter().flat_map(move |(raw, span)| {
            let raw: &'a [u8] = raw;
            // What PVE made up stands nowhere.
            let place = move |item| if span.is_empty() { span } else { Span::of(raw, item).shifted(span.start) };
            formats::list_in(raw, release).map(move |item| Located::new(BStr::new(item), place(item)))
        })
    }

    /// The `base` of an LVM storage, and the id of the storage it names.
    #[must_use]
    pub fn base(&self) -> Option<(&Property<'a>, &'a [u8])> {
        let base = self.property("base")?;
        let (storage, _) = formats::volume_id_parts(base.raw?)?;
        Some((base, storage))
    }

    /// What the storage lies on, such that two storages with the same answer hold the same volumes. `None`: there is no
    /// telling, or it holds no disks.
    #[must_use]
    pub fn backing(&self, release: Release) -> Option<Vec<u8>> {
        let known = self.storage_type?;
        let mut parts: Vec<Vec<u8>> = vec![known.name.into()];
        let value = |key: &str| self.value(key).map(|value| value.to_vec()).unwrap_or_default();
        let hosts = || {
            let mut hosts: Vec<Vec<u8>> = self.list("monhost", release).map(|host| host.value.to_vec()).collect();
            hosts.sort_unstable();
            hosts.join(&b',')
        };
        match known.name {
            "dir" | "btrfs" => {
                let path = self.path()?;
                let names = path.split(|&b| b == b'/').filter(|name| !name.is_empty() && *name != b".");
                parts = vec![b"dir".into(), names.collect::<Vec<_>>().join(&b'/')];
            }
            "nfs" => parts.extend([value("server"), value("export")]),
            "cifs" => parts.extend([value("server"), value("share"), value("subdir")]),
            "lvm" => parts.push(value("vgname")),
            "lvmthin" => parts.extend([value("vgname"), value("thinpool")]),
            "zfspool" => parts.push(value("pool")),
            "rbd" => {
                let pool = self.value("pool").map_or_else(|| b"rbd".to_vec(), |pool| pool.to_vec());
                parts.extend([hosts(), pool, value("namespace")]);
            }
            "iscsi" | "iscsidirect" => parts.extend([value("portal"), value("target")]),
            "zfs" => parts.extend([value("portal"), value("target"), value("pool")]),
            _ => return None,
        }
        Some(parts.join(&0))
    }

    /// The mount options in `options`.
    pub fn mount_options(&self) -> impl Iterator<Item = MountOption<'a>> {
        let place = self.property("options").and_then(|property| Some((property.raw?, property.value.span)));
        place.into_iter().flat_map(|(raw, span)| {
            let raw: &'a [u8] = raw;
            raw.split(|&b| b == b',').filter(|part| !part.is_empty()).map(move |part| {
                let (key, value) = match memchr::memchr(b'=', part) {
                    Some(at) => (part.get(..at).unwrap_or_default(), part.get(at + 1..)),
                    None => (part, None),
                };
                let span = Span::of(raw, part).shifted(span.start);
                MountOption { key: BStr::new(key), value: value.map(BStr::new), span }
            })
        })
    }

    /// The parts of the property string in `key` (`prune-backups`, `bwlimit`).
    #[must_use]
    pub fn props(&self, key: &str, release: Release) -> Option<Props<'_>> {
        let property = self.property(key)?;
        let Some(Format::Props(schema)) = tables::property(key.as_bytes(), release)?.format else { return None };
        schema::parse_props(schema, &property.value.value, property.value.span.start, release).ok()
    }
}

impl<'a> StorageCfg<'a> {
    /// What is behind `id` in PVE's table: a storage, a ghost, or nothing.
    #[must_use]
    pub fn get(&self, id: &[u8]) -> Option<&Section<'a>> {
        match self.effective.get(id) {
            Some(&section) => self.sections.get(section),
            None => self.implicit_local.as_ref().filter(|local| local.id.value == id),
        }
    }

    /// The storage `id`; a ghost is none.
    #[must_use]
    pub fn storage(&self, id: &[u8]) -> Option<&Section<'a>> {
        self.get(id).filter(|section| section.outcome == Outcome::Ok)
    }

    /// PVE's table: every id that is in effect, ghosts included, in the order of the file, then an implicit `local`.
    pub fn table(&self) -> impl Iterator<Item = &Section<'a>> {
        let in_table =
            |section: &&Section<'a>| section.overridden.is_none() && !matches!(section.outcome, Outcome::Absent(_));
        self.sections.iter().filter(in_table).chain(&self.implicit_local)
    }

    /// [`StorageCfg::table`] without ghosts.
    pub fn storages(&self) -> impl Iterator<Item = &Section<'a>> {
        self.table().filter(|section| section.outcome == Outcome::Ok)
    }

    /// The ids that the file names and PVE doesn't know: of sections that it skips, and of headers that it doesn't recognise.
    pub fn lost_ids(&self) -> impl Iterator<Item = &'a BStr> {
        let absent = self.sections.iter().filter(|section| matches!(section.outcome, Outcome::Absent(_)));
        let swallowed = self.quirks.iter().filter_map(|quirk| match quirk.kind {
            QuirkKind::SwallowedHeader { header, .. } => Some(BStr::new(header.id)),
            _ => None,
        });
        let lost = self.dropped.iter().filter_map(|dropped| match dropped.reason {
            Reason::Line(shape) => LostHeader::of(shape).map(|header| header.id),
            _ => None,
        });
        absent.map(|section| section.id.value).chain(swallowed).chain(lost).filter(|id| !id.is_empty())
    }

    /// The elements of a list value of this file, whatever PVE thinks of them.
    pub fn items(&self, value: Located<&'a BStr>) -> impl Iterator<Item = Located<&'a BStr>> + use<'a> {
        let text: &'a [u8] = value.value;
        formats::list_in(text, self.release)
            .map(move |item| Located::new(BStr::new(item), Span::of(text, item).shifted(value.span.start)))
    }

    /// Index in `document.lines` of the line that holds the byte where `span` begins.
    #[must_use]
    pub fn line_at(&self, span: Span) -> usize {
        self.document.lines.partition_point(|line| line.span.start <= span.start).saturating_sub(1)
    }

    /// Whether PVE would accept `value` for a property `key` that this section's type has.
    #[must_use]
    pub fn accepts(&self, section: &Section<'_>, key: &str, value: &[u8]) -> bool {
        section.storage_type.is_some_and(|storage_type| storage_type.option(key.as_bytes(), self.release).is_some())
            && tables::property(key.as_bytes(), self.release)
                .is_some_and(|schema| schema::check(schema, value, 0, Dialect::Section, self.release).is_ok())
    }

    /// Sections of a type that this release doesn't ship. Third-party plugins bring their own types, which may define more
    /// content kinds and properties as well; rules that would guess should be silent about them.
    pub fn unknown_types(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections.iter().filter(|section| section.outcome == Outcome::Absent(Absent::UnknownType))
    }
}

/// The same bytes as a `Cow` of `BStr`.
fn bstr_cow(bytes: Cow<'_, [u8]>) -> Cow<'_, BStr> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(BStr::new(bytes)),
        Cow::Owned(bytes) => Cow::Owned(bytes.into()),
    }
}
