//! One file per output format. Formats know findings and the files they point into, and nothing of models or rules.
//!
//! Whatever comes from a file is escaped in here, at the last moment: a rule may put any name into its message.

use std::cell::OnceCell;
use std::io;
use std::time::Duration;

use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::source::{ReadState, Sources};
use crate::text::{FileId, LineCol, LineIndex, Place};

pub mod concise;
mod excerpt;
pub mod full;
pub mod json;

/// What one run found, ready to be written.
#[derive(Debug)]
pub struct Run<'a> {
    /// The files that were read.
    pub files: Files<'a>,
    /// The findings, in the order they are printed.
    pub findings: &'a [Finding],
    /// Each tree that was checked.
    pub trees: Vec<Tree<'a>>,
    /// The rules that could not be evaluated anywhere, with the inputs they miss.
    pub not_evaluated: Vec<NotEvaluated>,
    /// How long the run took; not shown when absent.
    pub elapsed: Option<Duration>,
}

/// A tree that was checked.
#[derive(Clone, Debug)]
pub struct Tree<'a> {
    /// As it is printed.
    pub path: &'a str,
    /// The release it was judged by.
    pub release: Release,
    /// How that release was found: `--pve`, `dpkg`, `guessed from ...`, `default`.
    pub release_from: String,
}

/// A group of rules that were not evaluated for want of the same input.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotEvaluated {
    /// What is missing, as it is printed: `etc/subuid`.
    pub missing: String,
    /// The rules' ids, sorted.
    pub rules: Vec<&'static str>,
    /// Statements of a policy that weren't evaluated with them.
    pub statements: usize,
}

/// Names, texts and line numbers of the files that findings point into.
#[derive(Debug)]
pub struct Files<'a> {
    sources: &'a Sources,
    lines: Vec<OnceCell<LineIndex>>,
}

impl<'a> Files<'a> {
    /// The files of `sources`; lines are counted only in those that are asked for.
    #[must_use]
    pub fn new(sources: &'a Sources) -> Self {
        Self { sources, lines: sources.files.iter().map(|_| OnceCell::new()).collect() }
    }

    /// Number of files that were read.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sources.files.iter().filter(|file| file.state == ReadState::Read).count()
    }

    /// The name as the user would write it.
    #[must_use]
    pub fn name(&self, file: FileId) -> &'a str {
        self.sources.file(file).map_or("", |file| &file.shown)
    }

    /// The bytes.
    #[must_use]
    pub fn text(&self, file: FileId) -> &'a [u8] {
        self.sources.file(file).map_or(&[], |file| &file.bytes)
    }

    fn with_lines<T>(&self, file: FileId, f: impl FnOnce(&LineIndex, &'a [u8]) -> T) -> T {
        let text = self.text(file);
        match self.lines.get(file.0 as usize) {
            Some(cell) => f(cell.get_or_init(|| LineIndex::new(text)), text),
            None => f(&LineIndex::new(text), text),
        }
    }

    /// Line and column where `place` begins and where it ends.
    #[must_use]
    pub fn line_cols(&self, place: Place) -> (LineCol, LineCol) {
        self.with_lines(place.file, |lines, text| {
            (lines.line_col(place.span.start, text), lines.line_col(place.span.end, text))
        })
    }

    /// The line in which `place` begins, from 1. Costs the same in a line of any length.
    #[must_use]
    pub fn line(&self, place: Place) -> u32 {
        let line = self.with_lines(place.file, |lines, _| lines.line_of(place.span.start));
        u32::try_from(line + 1).unwrap_or(u32::MAX)
    }

    /// `file:line:col` of where `place` begins, escaped for printing.
    #[must_use]
    pub fn shown(&self, place: Place) -> String {
        format!("{}:{}", crate::text::printable_str(self.name(place.file)), self.line_cols(place).0)
    }
}

/// How many findings there are of each level.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Findings of level error.
    pub errors: usize,
    /// Findings of level warning.
    pub warnings: usize,
    /// Findings of level note.
    pub notes: usize,
}

impl Counts {
    /// Counts `findings`.
    #[must_use]
    pub fn of(findings: &[Finding]) -> Self {
        let count = |level| findings.iter().filter(|finding| finding.level == level).count();
        Self { errors: count(Level::Error), warnings: count(Level::Warning), notes: count(Level::Note) }
    }
}

impl Run<'_> {
    /// The closing lines: counts, release, and what was not evaluated.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn write_summary(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let plural = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let files = self.files.count();
        let mut aside: Vec<String> = Vec::new();
        match self.trees.as_slice() {
            [] => {}
            [tree] => aside.push(format!("{} {}", tree.release, tree.release_from)),
            trees => {
                aside.push(plural(trees.len(), "tree"));
                let mut releases: Vec<_> = trees.iter().map(|tree| tree.release).collect();
                releases.sort_unstable();
                releases.dedup();
                aside.extend(releases.iter().map(Release::to_string));
            }
        }
        if let Some(elapsed) = self.elapsed {
            aside.push(format!("{} ms", elapsed.as_millis()));
        }
        let aside = if aside.is_empty() { String::new() } else { format!(" ({})", aside.join(", ")) };
        let counts = Counts::of(self.findings);
        let found: Vec<_> = [(counts.errors, "error"), (counts.warnings, "warning"), (counts.notes, "note")]
            .into_iter()
            .filter(|&(n, _)| n > 0)
            .map(|(n, word)| plural(n, word))
            .collect();
        if found.is_empty() {
            writeln!(out, "{}, no findings{aside}", plural(files, "file"))?;
        } else {
            let mut with: Vec<_> = self.findings.iter().map(|finding| finding.primary.place.file).collect();
            with.sort_unstable();
            with.dedup();
            writeln!(out, "{} in {} of {}{aside}", found.join(", "), with.len(), plural(files, "file"))?;
        }
        if !self.not_evaluated.is_empty() {
            let groups: Vec<_> = self
                .not_evaluated
                .iter()
                .map(|group| {
                    let statements = match group.statements {
                        0 => String::new(),
                        n => format!(" and with them {} of the policy", plural(n, "statement")),
                    };
                    format!("{}{statements} (no {})", plural(group.rules.len(), "rule"), group.missing)
                })
                .collect();
            writeln!(out, "not evaluated: {}", groups.join(", "))?;
        }
        Ok(())
    }
}
