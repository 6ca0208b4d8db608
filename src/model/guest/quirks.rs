//! What PVE ignores in a guest's configuration, and what it keeps or replaces surprisingly.

use super::Place;
use crate::model::schema::Problem;
use crate::text::Span;

/// Something PVE ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// The line, without LF.
    pub span: Span,
    /// Where it would have gone.
    pub place: Place<'a>,
    /// Why.
    pub why: DropReason<'a>,
}

/// Why a line was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DropReason<'a> {
    /// It is none of the lines PVE knows.
    Unparsable(Shape<'a>),
    /// It looks like a section header but isn't one. The lines that follow, `swallowed` of them, went into the section
    /// before.
    BadHeader {
        /// Number of non-blank lines up to the next header.
        swallowed: u32,
    },
    /// An `lxc.*` line whose key PVE doesn't hand on to LXC.
    RawUnknown(&'a [u8]),
    /// An `lxc.*` line whose key PVE refuses, with its explanation.
    RawRejected(&'a [u8], &'static str),
    /// `delete:` outside the pending section.
    Delete,
    /// `snapstate:` in the main section; PVE drops it without a word.
    Snapstate,
    /// A description that is just `0`, which is false for Perl; without a word.
    FalseDescription,
    /// VMs, from 8 on: a header of no section that PVE knows. The lines that follow, `skipped` of them, are dropped with it.
    SkippedSection {
        /// What stands in the brackets.
        name: &'a [u8],
        /// Number of non-blank lines up to the next header.
        skipped: u32,
    },
}

/// What an unparsable line looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape<'a> {
    /// `key:` of an option with nothing behind.
    NoValue(&'a [u8]),
    /// A line that would do without the blanks in front.
    Indented,
    /// A key with upper case letters.
    UpperCase(&'a [u8]),
    /// A key, perhaps blanks, and `=` in place of the colon.
    Equals(&'a [u8]),
    /// Blanks between key and colon.
    BlankBeforeColon(&'a [u8]),
    /// A key that PVE couldn't have, such as `foo-bar`, and a colon.
    BadKey(&'a [u8]),
    /// Anything else.
    Other,
}

/// Something PVE kept or replaced surprisingly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk<'a> {
    /// The bytes concerned.
    pub span: Span,
    /// Where they are.
    pub place: Place<'a>,
    /// The key of the option or `lxc.*` line; empty where there is none.
    pub key: &'a [u8],
    /// What is odd.
    pub why: QuirkKind,
}

/// What is odd about something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuirkKind {
    /// The value is refused, with a warning, and kept as written.
    Invalid(Box<Problem>),
    /// The release has no such option; kept, with a warning.
    UnknownOption {
        /// The option of this name that another release has.
        elsewhere: Option<&'static str>,
        /// PVE acts on it nevertheless (`net40`).
        acted_on: bool,
        /// What is wrong with its value, if it is acted on.
        problem: Option<Box<Problem>>,
    },
    /// An option that overwrites the parser's own structure.
    Reserved,
    /// API and command line would refuse the value; whoever reads the file doesn't look.
    OutOfBounds(Box<Problem>),
    /// A later line, at the span given here, has the same key.
    Overridden(Span),
    /// A later section, with this header, has the same name: everything in this one is lost.
    SectionReplaced(Span),
    /// An `lxc.*` key under its old name; kept with a warning, refused by LXC.
    RawRenamed(&'static str),
    /// `lxc.limit.*`, now `lxc.prlimit.*`; likewise.
    RawLimit,
    /// `lxc.cgroup.*`; `warned` from 9 on.
    RawLegacyCgroup {
        /// Whether PVE warns.
        warned: bool,
    },
    /// PVE hands it on, and LXC, which doesn't know the key, refuses to start.
    RawUnknownToLxc,
    /// ` #` and what follows is part of the value, not a comment. The span is that part.
    TrailingComment,
    /// Another line was glued to this value, where the file had no line feed. The span is that other line.
    Glued,
    /// A line that ends in `snapstate: ...` counts as that, whatever was in front of it.
    SnapstateSwallows,
    /// `description:` or a `#` line made the description longer than API and command line allow.
    LongDescription,
}
