//! What PVE ignores in a `storage.cfg`, and what it logs about it.

use bstr::{BStr, BString};

use super::{Absent, Ghost, PATH, StorageCfg};
use crate::model::schema::Problem;
use crate::release::Release;
use crate::syntax::section::Shape;
use crate::text::{Located, Span};

/// Something that PVE ignored and logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// The bytes to blame.
    pub span: Span,
    /// The line PVE names, from 1. For a ghost that is the last line PVE looked at.
    pub line: u32,
    /// The section PVE was in, by index in [`StorageCfg::sections`].
    pub section: Option<usize>,
    /// What a reader of the file would say this belongs to.
    pub owner: Owner,
    /// What and why.
    pub reason: Reason<'a>,
}

/// What a line visibly belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// Nothing.
    None,
    /// A section, by index in [`StorageCfg::sections`]; an early empty line may have ended it.
    Section(usize),
    /// A line, by index in `document.lines`, that looks like a header but isn't one for PVE.
    Line(usize),
}

/// What was ignored and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// A line that is neither header nor property where it stands.
    Line(Shape<'a>),
    /// A whole section.
    Section(Absent),
    /// The content of a section, whose id stays.
    Ghost(Ghost),
    /// A property.
    Property {
        /// Its key.
        key: Located<&'a BStr>,
        /// Its value as written.
        value: Option<Located<&'a BStr>>,
        /// Why.
        refusal: Refusal,
    },
    /// A kind in `content` that the type doesn't support.
    Content(&'a BStr),
    /// An element of `content-dirs` for a kind that the type doesn't support.
    ContentDir(&'a BStr),
    /// A `format` that the type doesn't support.
    Format(&'a BStr),
}

/// Why a property was ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No type of this release has a property of that name.
    Unknown,
    /// This type has no property of that name, another one has.
    Foreign,
    /// It was set before; the span is the earlier line's value (its key if there is none).
    Duplicate(Span),
    /// It is no boolean and has no value.
    NoValue,
    /// The value is refused.
    Invalid(Problem),
}

impl Dropped<'_> {
    /// The text PVE logs, without final LF.
    #[must_use]
    pub fn log(&self, cfg: &StorageCfg<'_>) -> BString {
        let mut text = BString::from("");
        let mut push = |part: &[u8]| text.extend_from_slice(part);
        let section = self.section.and_then(|section| cfg.sections.get(section));
        let id: &[u8] = section.map_or(b"", |section| section.id.value);
        match &self.reason {
            Reason::Content(kind) | Reason::ContentDir(kind) => {
                push(b"storage does not support content type '");
                push(kind);
                push(b"'");
                return text;
            }
            Reason::Format(format) => {
                push(b"storage does not support format '");
                push(format);
                push(b"'");
                return text;
            }
            _ => push(self.context().as_bytes()),
        }
        match &self.reason {
            Reason::Line(_) => {
                if section.is_some() {
                    push(b" (section '");
                    push(id);
                    push(b"')");
                }
                push(b" - ignore config line: ");
                let line = (self.line as usize).checked_sub(1).and_then(|line| cfg.document.lines.get(line));
                push(line.map_or(b"", |line| line.text));
            }
            Reason::Property { key, refusal, .. } => {
                push(b" (section '");
                push(id);
                push(b"') - unable to parse value of '");
                push(key.value);
                push(b"': ");
                push(&refusal.text(key.value, cfg.release));
            }
            Reason::Section(_) | Reason::Ghost(_) => {
                push(b" (skip section '");
                push(id);
                push(b"'): ");
                match &self.reason {
                    Reason::Section(absent) => push(&absent.text(section, cfg.release)),
                    Reason::Ghost(ghost) => push(&ghost.text(cfg.text)),
                    _ => {}
                }
            }
            Reason::Content(_) | Reason::ContentDir(_) | Reason::Format(_) => {}
        }
        text
    }

    /// How PVE names the place: `file /etc/pve/storage.cfg line 3`.
    #[must_use]
    pub fn context(&self) -> String {
        format!("file {PATH} line {}", self.line)
    }
}

impl Refusal {
    /// PVE's words, without final LF.
    #[must_use]
    pub fn text(&self, key: &[u8], release: Release) -> BString {
        match self {
            Self::Unknown if release >= Release::Pve8 => "unknown property type".into(),
            Self::Unknown | Self::Foreign => {
                let mut text = BString::from("unexpected property '");
                text.extend_from_slice(key);
                text.push(b'\'');
                text
            }
            Self::Duplicate(_) => "duplicate attribute".into(),
            Self::NoValue => "got undefined value".into(),
            Self::Invalid(problem) => problem.text.clone(),
        }
    }
}

impl Absent {
    fn text(self, section: Option<&super::Section<'_>>, release: Release) -> BString {
        let id: &[u8] = section.map_or(b"", |section| section.id.value);
        let kind: &[u8] = section.map_or(b"", |section| section.kind.value);
        let mut text = BString::from("");
        match self {
            Self::BadId => {
                text.extend_from_slice(b"storage ID '");
                text.extend_from_slice(id);
                text.extend_from_slice(if release >= Release::Pve9 && id.len() < 2 {
                    b"' cannot be shorter than 2 characters"
                } else {
                    b"' contains illegal characters"
                });
            }
            Self::NoType => text.extend_from_slice(b"missing type - internal error"),
            Self::UnknownType => {
                text.extend_from_slice(b"unsupported type '");
                text.extend(kind.to_ascii_lowercase());
                text.push(b'\'');
            }
        }
        text
    }
}

impl Ghost {
    fn text(&self, file: &[u8]) -> BString {
        match self {
            Self::Missing(missing) => {
                let first = missing.first().copied().unwrap_or_default();
                format!("missing value for required option '{first}'").into()
            }
            Self::IllegalPath(value) => {
                let mut text = BString::from("illegal path for directory storage: ");
                text.extend_from_slice(value.bytes(file));
                text
            }
            Self::NoneMixed(_) => "unable to combine 'none' with other content types".into(),
            Self::NoContent(_) => "storage does not support content type 'none'".into(),
        }
    }
}
