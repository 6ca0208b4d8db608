//! What PVE ignores in a container's configuration, what it keeps or replaces surprisingly, and what it logs about both.

use bstr::BString;

use super::{Container, Place};
use crate::model::schema::Problem;
use crate::text::Span;

/// Something PVE ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped<'a> {
    /// The line, without LF.
    pub span: Span,
    /// Where it would have gone.
    pub place: Place<'a>,
    /// QuirkKind.
    pub why: DropReason<'a>,
}

/// QuirkKind a line was ignored.
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

impl<'a> Container<'a> {
    /// What PVE logs, in its order, each without the final line feed.
    #[must_use]
    pub fn warnings(&self) -> Vec<BString> {
        let dropped = self.dropped.iter().filter_map(|dropped| Some((dropped.span.start, self.log_dropped(dropped)?)));
        let quirk = self.quirks.iter().filter_map(|quirk| Some((quirk.span.start, self.log_odd(quirk)?)));
        let mut all: Vec<_> = dropped.chain(quirk).collect();
        all.sort_by_key(|&(at, _)| at);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// What PVE logs about something dropped; `None` when it says nothing.
    #[must_use]
    pub fn log_dropped(&self, dropped: &Dropped<'a>) -> Option<BString> {
        let line = dropped.span.bytes(self.text);
        let parts: [&[u8]; 3] = match dropped.why {
            DropReason::Unparsable(_) | DropReason::BadHeader { .. } | DropReason::RawUnknown(_) => {
                [b"unable to parse config: ", line, b""]
            }
            DropReason::RawRejected(key, why) => [key, b": ", why.as_bytes()],
            DropReason::Delete => [b"property 'delete' is only allowed in [pve:pending]", b"", b""],
            DropReason::Snapstate | DropReason::FalseDescription => return None,
        };
        Some(self.log(&parts))
    }

    /// What PVE logs about something odd; `None` when it says nothing.
    #[must_use]
    pub fn log_odd(&self, quirk: &Quirk<'a>) -> Option<BString> {
        let key = quirk.key;
        Some(match &quirk.why {
            QuirkKind::Invalid(problem) => self.log(&[b"unable to parse value of '", key, b"' - ", &problem.text]),
            QuirkKind::UnknownOption { .. } | QuirkKind::Reserved => {
                self.log(&[b"unable to parse value of '", key, b"' - unknown setting '", key, b"'"])
            }
            QuirkKind::RawRenamed(new) => self.log(&[key, b" is deprecated and was renamed to ", new.as_bytes()]),
            QuirkKind::RawLimit => self.log(&[key, b": lxc.limit.* was renamed to lxc.prlimit.*"]),
            QuirkKind::RawLegacyCgroup { warned: true } => {
                self.log(&[key, b" is deprecated, this will be a hard error in the future!"])
            }
            _ => return None,
        })
    }

    fn log(&self, parts: &[&[u8]]) -> BString {
        let mut text = BString::from(format!("vm {} - ", self.vmid));
        for part in parts {
            text.extend_from_slice(part);
        }
        text
    }

    /// Whether PVE's strict reading, used for the target of a remote migration, accepts the file.
    #[must_use]
    pub fn is_strictly_valid(&self) -> bool {
        let refuses = |quirk: &Quirk<'_>| {
            matches!(quirk.why, QuirkKind::Invalid(_) | QuirkKind::UnknownOption { .. } | QuirkKind::Reserved)
        };
        !self.dropped.iter().any(|dropped| self.log_dropped(dropped).is_some()) && !self.quirks.iter().any(refuses)
    }
}
