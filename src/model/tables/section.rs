//! What PVE accepts in its files of sections: `grammar/sections/*.toml` as static data.

use crate::model::schema::{Format, Property, Schema, format};
use crate::model::section::check;
use crate::model::storage::format as storage_format;
use crate::release::Release;

include!(concat!(env!("OUT_DIR"), "/section.rs"));

/// How the headers of a file look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderForm {
    /// `<type>: <id>`.
    Typed,
    /// `<type>:` with or without an id, which is the type's name then.
    TypedOrBare,
    /// `<id>` alone on its line.
    Word,
    /// `<type>: <guest>-<number>`.
    Replication,
}

/// What an id has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdForm {
    /// Nobody looks.
    Any,
    /// A configuration id.
    ConfigId,
    /// The type has to be a configuration id; the id is whatever.
    TypeConfigId,
    /// A realm.
    Realm,
    /// A vmid, kept as `vm:100`.
    HaResource,
    /// A guest and a number.
    Guest,
}

/// A file of sections, as a whole.
#[derive(Debug)]
pub struct SectionSpec {
    /// Its path below `/etc/pve`.
    pub file: &'static str,
    /// Its headers.
    pub header: HeaderForm,
    /// Its ids.
    pub id: IdForm,
    /// Whether types may be written in capitals.
    pub lower_types: bool,
    /// Whether each type has properties of its own, also where names are the same.
    pub isolated: bool,
    /// The first release that has the file.
    pub since: Release,
    /// Its types.
    pub types: &'static [SectionType],
}

/// A type of section.
#[derive(Debug)]
pub struct SectionType {
    /// Its name.
    pub name: &'static str,
    /// The first release that knows it.
    pub since: Release,
    /// The last one.
    pub until: Release,
    /// Its properties.
    pub properties: &'static [Property],
}

impl SectionType {
    /// The property `key` as `release` knows it.
    #[must_use]
    pub fn property(&self, key: &[u8], release: Release) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name.as_bytes() == key && property.known_to(release))
    }
}

impl SectionSpec {
    /// The type `name` as `release` knows it.
    #[must_use]
    pub fn section_type(&self, name: &[u8], release: Release) -> Option<&'static SectionType> {
        self.types.iter().find(|one| one.name.as_bytes() == name && one.since <= release && release <= one.until)
    }

    /// Whether any type that `release` knows has a property `key`.
    #[must_use]
    pub fn knows(&self, key: &[u8], release: Release) -> bool {
        let known = |one: &&SectionType| one.since <= release && release <= one.until;
        self.types.iter().filter(known).any(|one| one.property(key, release).is_some())
    }

    /// The table of the file at `path` below `/etc/pve`.
    #[must_use]
    pub fn of(path: &str) -> Option<&'static Self> {
        FILES.iter().copied().find(|spec| spec.file == path)
    }
}
