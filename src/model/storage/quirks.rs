//! What PVE keeps, or overrides without a word, in a `storage.cfg`.

use bstr::BStr;

use super::By;
use crate::model::tables::storage::ContentKind;
use crate::syntax::section::Header;
use crate::text::{Located, Span};

/// Something that PVE accepts silently and that hardly anybody means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk<'a> {
    /// The bytes to blame.
    pub span: Span,
    /// The section concerned, by index in [`super::StorageCfg::sections`].
    pub section: Option<usize>,
    /// What it is.
    pub kind: QuirkKind<'a>,
}

/// What stands between a section and the header that it swallowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Nothing.
    Nothing,
    /// A line with blanks.
    Blanks,
    /// A line with a carriage return: the file has DOS line ends.
    CarriageReturn,
    /// Comments only.
    Comment,
}

/// The oddities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuirkKind<'a> {
    /// The file begins with a byte order mark, which spoils the first line.
    ByteOrderMark,
    /// Lines end with CR LF; the span is the first such end. An "empty" line that holds a CR is not empty.
    DosLineEnds {
        /// How many lines do.
        lines: usize,
    },
    /// A header inside a section, because no empty line ends it: that storage doesn't exist.
    SwallowedHeader {
        /// The header.
        header: Header<'a>,
        /// Its index in `document.lines`.
        line: usize,
        /// What stands where an empty line should.
        separator: Separator,
    },
    /// A property written for a swallowed header's storage that the section above took over.
    Adopted {
        /// Index in the section's `properties`.
        property: usize,
        /// Index of the swallowed header in `document.lines`.
        line: usize,
    },
    /// The section is dead because its id is defined again, or PVE replaces it.
    Overridden(By),
    /// `nodes` on `local`, which PVE takes away.
    LocalNodes,
    /// `nodes` without any node: no node has the storage.
    NoNodes,
    /// `content` without any kind, on a type that may hold nothing.
    NoContent,
    /// A value that belongs into a file below `/etc/pve/priv`: everybody with `Datastore.Audit` can read it here.
    Secret {
        /// Index in the section's `properties`; for a password among mount options that is `options`.
        property: usize,
    },
    /// Two enabled content kinds have the same directory: from 8 on, PVE refuses to activate the storage.
    ContentDirClash(ContentKind, ContentKind),
    /// `content-dirs` has two elements for one kind; this is the one that doesn't count.
    ContentDirRepeated(ContentKind),
    /// `content-dirs` has an absolute path, which PVE appends to the storage's path.
    ContentDirAbsolute(ContentKind),
    /// `maxfiles` beside `prune-backups`, which wins; the span is that of `maxfiles`.
    MaxfilesIgnored,
    /// An id that differs from an earlier one only in case.
    CaseTwin(Located<&'a BStr>),
}
