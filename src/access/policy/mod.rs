//! Policy as code: statements about rights, such as `nobody but @admins can Sys.Modify on /`, and whether they hold.
//!
//! [`parse`] knows the language, [`resolve`] which names of it exist in a tree, [`judge`] asks the engine. Where statements are
//! kept is [`crate::settings`]' matter, and what is said of a broken one the rules'.

mod judge;
mod parse;
mod resolve;

pub use judge::{Breach, Case, Problem, judge};
pub use parse::{Claim, Fault, Listed, PathName, Quantifier, Statement};

use crate::text::{FileId, Span};
use bstr::ByteSlice;

/// The statements of one file.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The file.
    pub file: FileId,
    /// The statements, in its order.
    pub statements: Vec<Stated>,
}

/// One statement as it stands in a file.
#[derive(Clone, Debug)]
pub struct Stated {
    /// Its text.
    pub text: String,
    /// Why it is there.
    pub reason: Option<String>,
    /// What it says, or where it stops making sense.
    pub read: Result<Statement, Fault>,
    /// The string in the file, with its quotes.
    quoted: Span,
    /// Where the text begins in the file, when it stands there letter by letter.
    begins: Option<u32>,
}

impl Stated {
    /// Reads `text`, which stands at `quoted` in `file`: a TOML string with its quotes, and maybe with escapes.
    #[must_use]
    pub fn new(text: String, reason: Option<String>, quoted: Span, file: &[u8]) -> Self {
        let found = quoted.bytes(file).find(&text).filter(|_| !text.is_empty());
        let begins = found.map(|at| Span::new(at, at).shifted(quoted.start).start);
        let read = parse::read(&text);
        Self { text, reason, read, quoted, begins }
    }

    /// Where the statement stands in the file.
    #[must_use]
    pub fn span(&self) -> Span {
        self.at(Span::new(0, self.text.len()))
    }

    /// Where `part` of the statement stands in the file; the whole string, when escapes in it keep that from being known.
    #[must_use]
    pub fn at(&self, part: Span) -> Span {
        self.begins.map_or(self.quoted, |begins| part.shifted(begins))
    }

    /// The text of a part.
    #[must_use]
    pub fn part_text(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }
}
