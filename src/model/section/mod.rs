//! Files of sections other than storage.cfg: jobs, replication, realms, HA, mappings, CPU models, metric servers, SDN.
//!
//! One reader, `PVE::SectionConfig::parse_config` of pve-common; what the files are made of is data ([`SectionSpec`]), and what one
//! does differently once it is read stands in `decode`. A section that lacks a required property stays as one without a
//! type, which is worse than none: PVE can't write the file any more.

pub mod check;
mod decode;
mod dump;
mod read;

use std::borrow::Cow;

use bstr::{BStr, BString};

pub use crate::model::storage::Refusal;
pub use crate::model::tables::section::{SectionSpec, SectionType};
use crate::release::Release;
use crate::syntax::section::Document;
pub use crate::syntax::section::Shape;
use crate::text::{Located, Span};

/// A file of sections as PVE holds it.
#[derive(Clone, Debug)]
pub struct SectionFile<'a> {
    /// What the file is.
    pub spec: &'static SectionSpec,
    /// The release whose rules were applied.
    pub release: Release,
    /// The file.
    pub text: &'a [u8],
    /// The sections in file order, those too that PVE skipped or replaced.
    pub sections: Vec<Section<'a>>,
    /// What PVE ignored, in its order.
    pub dropped: Vec<Dropped<'a>>,
    /// What PVE dies with, so that nothing of the file counts.
    pub fatal: Option<BString>,
    document: Document<'a>,
}

/// One section.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    /// Its type, as PVE holds it.
    pub kind: Located<Cow<'a, BStr>>,
    /// What the release knows about the type.
    pub section_type: Option<&'static SectionType>,
    /// Its id, as PVE holds it: `vm:100`, `100-0`.
    pub id: Located<Cow<'a, BStr>>,
    /// The header's line.
    pub header: Span,
    /// From the header to the last line.
    pub span: Span,
    /// What became of it.
    pub outcome: Outcome,
    /// A later section has its id.
    pub is_replaced: bool,
    /// Its number among those that PVE took, from 1; 0 for those it skipped.
    pub order: u32,
    /// Its properties, each once; those that may be repeated hold all their values.
    pub properties: Vec<Property<'a>>,
}

/// What became of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// PVE has it.
    Ok,
    /// Its header was refused, with these words, and everything below ignored.
    Skipped(BString),
    /// It lacks these required properties: its id is taken, and nothing else is there.
    Empty(Vec<&'static str>),
}

/// A property that PVE accepts.
#[derive(Clone, Debug)]
pub struct Property<'a> {
    /// Its key.
    pub key: Located<&'a BStr>,
    /// Its values: one, or those of all lines where it may be repeated.
    pub values: Vec<Located<Cow<'a, BStr>>>,
    /// Its first line.
    pub line: Span,
    /// Whether it may be repeated.
    pub is_array: bool,
}

/// Something PVE ignored.
#[derive(Clone, Debug)]
pub struct Dropped<'a> {
    /// The bytes to blame.
    pub span: Span,
    /// The line PVE names, from 1.
    pub line: u32,
    /// The section it is about, by its index.
    pub section: Option<usize>,
    /// Why.
    pub reason: Reason<'a>,
}

/// Why something was ignored.
#[derive(Clone, Debug)]
pub enum Reason<'a> {
    /// A line that is neither header nor property where it stands.
    Line(Shape<'a>),
    /// A property.
    Property {
        /// Its key.
        key: Located<&'a BStr>,
        /// Its value.
        value: Option<Located<&'a BStr>>,
        /// Why.
        refusal: Refusal,
    },
    /// A section by its header.
    Header,
    /// A section that lacks something.
    Missing(&'static str),
    /// Another job of the same guest goes to the same target (`replication.cfg`).
    SameTarget(BString),
}

impl<'a> SectionFile<'a> {
    /// Reads `text` as `release` reads the file of `spec`. Never fails.
    #[must_use]
    pub fn parse(spec: &'static SectionSpec, text: &'a [u8], release: Release) -> Self {
        read::read(spec, text, release)
    }

    /// The sections that count: of several with one id the last.
    pub fn table(&self) -> impl Iterator<Item = &Section<'a>> {
        self.sections.iter().filter(|section| section.order > 0 && !section.is_replaced)
    }

    /// The sections that count and have all they need.
    pub fn effective(&self) -> impl Iterator<Item = &Section<'a>> {
        self.table().filter(|section| section.outcome == Outcome::Ok && self.fatal.is_none())
    }

    /// The section with this id, if it counts.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Section<'a>> {
        self.effective().find(|section| **section.id.value == *id.as_bytes())
    }

    /// What PVE logs, in its order, each without the final line feed.
    #[must_use]
    pub fn warnings(&self) -> Vec<BString> {
        self.dropped.iter().map(|dropped| self.log(dropped)).collect()
    }

    /// Where PVE says something is: `file /etc/pve/jobs.cfg line 3`.
    #[must_use]
    pub fn context(&self, dropped: &Dropped<'_>) -> String {
        format!("file /etc/pve/{} line {}", self.spec.file, dropped.line)
    }

    /// The text PVE logs about something it ignored.
    #[must_use]
    pub fn log(&self, dropped: &Dropped<'_>) -> BString {
        if let Reason::SameTarget(text) = &dropped.reason {
            return text.clone();
        }
        let mut text = BString::from(self.context(dropped));
        let mut push = |part: &[u8]| text.extend_from_slice(part);
        let section = dropped.section.and_then(|at| self.sections.get(at));
        let id: &[u8] = section.map_or(b"", |section| &section.id.value);
        let skips = matches!(dropped.reason, Reason::Header | Reason::Missing(_));
        if section.is_some() {
            push(if skips { b" (skip section '" } else { b" (section '" });
            push(id);
            push(if skips { b"'): " } else { b"')" });
        }
        match &dropped.reason {
            Reason::Line(_) => {
                push(b" - ignore config line: ");
                let line = (dropped.line as usize).checked_sub(1).and_then(|line| self.document.lines.get(line));
                push(line.map_or(b"", |line| line.text));
            }
            Reason::Property { key, refusal, .. } => {
                push(b" - unable to parse value of '");
                push(key.value);
                push(b"': ");
                push(&refusal.text(key.value, self.release));
            }
            Reason::Header => {
                if let Some(Outcome::Skipped(why)) = section.map(|section| &section.outcome) {
                    push(why);
                }
            }
            Reason::Missing(name) => push(format!("missing value for required option '{name}'").as_bytes()),
            Reason::SameTarget(_) => {}
        }
        text
    }
}

impl<'a> Section<'a> {
    /// The property `key`.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&Property<'a>> {
        self.properties.iter().find(|property| *property.key.value == *key.as_bytes())
    }

    /// The value of the property `key`; of a repeated one the first.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&Located<Cow<'a, BStr>>> {
        self.property(key)?.values.first()
    }

    /// Whether the property `key` is there and true.
    #[must_use]
    pub fn flag(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| crate::model::schema::is_true(&value.value))
    }
}
