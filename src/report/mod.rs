//! One file per output format. Formats know findings and the files they point into, and nothing of models or rules.
//!
//! Whatever comes from a file is escaped in here, at the last moment: a rule may put any name into its message.

use std::cell::OnceCell;
use std::io;
use std::time::Duration;

use crate::finding::{Finding, Level};
use crate::release::Release;
use crate::source::{FileKind, ReadState, SourceFile, Sources, ToldBy, Unread, VmidBy};
use crate::text::{FileId, LineCol, LineIndex, Place, printable_str};

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
    /// What looks like configuration and was not read.
    pub unread: Vec<Unread<'a>>,
    /// Findings that the settings ignore.
    pub ignored: usize,
    /// The release that the trees were judged for as well, on the way to an upgrade.
    pub target: Option<Release>,
    /// Say as well of each file what became of it.
    pub verbose: bool,
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

    /// Whether this file was read.
    #[must_use]
    pub fn is_read(&self, file: FileId) -> bool {
        self.sources.file(file).is_some_and(|file| file.state == ReadState::Read)
    }

    /// Those that were read.
    pub fn read(&self) -> impl Iterator<Item = &'a SourceFile> {
        self.sources.files.iter().filter(|file| file.state == ReadState::Read)
    }

    /// Those that were read because their text says what they are.
    pub fn told_by_text(&self) -> impl Iterator<Item = &'a SourceFile> {
        self.read().filter(|file| file.told_by == ToldBy::Text)
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

impl<'a> Run<'a> {
    /// What is found in `sources`, with nothing to say of trees and rules yet.
    #[must_use]
    pub fn new(sources: &'a Sources, findings: &'a [Finding]) -> Self {
        Self {
            files: Files::new(sources),
            findings,
            trees: Vec::new(),
            not_evaluated: Vec::new(),
            unread: Vec::new(),
            ignored: 0,
            target: None,
            verbose: false,
            elapsed: None,
        }
    }
}

impl Run<'_> {
    /// The closing lines: counts, release, and what was not evaluated.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn write_summary(&self, out: &mut dyn io::Write) -> io::Result<()> {
        let files = self.files.count();
        let mut aside: Vec<String> = Vec::new();
        let mut apart = false;
        match self.trees.as_slice() {
            [] => {}
            [tree] => aside.push(format!("{} {}", tree.release, tree.release_from)),
            trees => {
                aside.push(plural(trees.len(), "tree"));
                let mut releases: Vec<_> =
                    trees.iter().map(|tree| format!("{} {}", tree.release, tree.release_from)).collect();
                releases.sort_unstable();
                releases.dedup();
                // Trees of one release by one reason share a word; where they differ, each has a line below.
                if let [release] = &releases[..] {
                    aside.push(release.clone());
                } else {
                    apart = true;
                }
            }
        }
        if let Some(target) = self.target {
            aside.push(format!("and judged as {target}"));
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
        let ignored = if self.ignored == 0 { String::new() } else { format!("; {} ignored", self.ignored) };
        if found.is_empty() {
            writeln!(out, "{} read, no findings{ignored}{aside}", plural(files, "file"))?;
        } else {
            let mut with: Vec<_> = self.findings.iter().map(|finding| finding.primary.place.file).collect();
            with.sort_unstable();
            with.dedup();
            let read = with.iter().filter(|file| self.files.is_read(**file)).count();
            let place = if read == with.len() {
                format!("in {read} of {} read", plural(files, "file"))
            } else {
                format!("in {}; {} read", plural(with.len(), "place"), plural(files, "file"))
            };
            writeln!(out, "{} {place}{ignored}{aside}", found.join(", "))?;
        }
        if apart {
            for tree in &self.trees {
                writeln!(out, "  {}: {} {}", printable_str(tree.path), tree.release, tree.release_from)?;
            }
        }
        self.write_unread(out)?;
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

    /// One line that names what looks like configuration and was not read.
    fn write_unread(&self, out: &mut dyn io::Write) -> io::Result<()> {
        /// So many are named; the rest is counted.
        const NAMED: usize = 8;
        if self.unread.is_empty() {
            return Ok(());
        }
        let mut names: Vec<&str> = Vec::new();
        for unread in &self.unread {
            if !names.contains(&&*unread.name) && names.len() < NAMED {
                names.push(&unread.name);
            }
        }
        let more = if names.len() < self.unread.len() { ", ... (--verbose lists them)" } else { "" };
        let names: Vec<_> = names.into_iter().map(printable_str).collect();
        writeln!(out, "not read: {}: {}{more}", plural(self.unread.len(), "file"), names.join(", "))
    }

    /// Each file that looks like configuration and was not read, with the reason; and each that was read under a name that isn't
    /// PVE's, with what it was taken for.
    ///
    /// # Errors
    /// When `out` can't be written.
    pub fn write_coverage(&self, out: &mut dyn io::Write) -> io::Result<()> {
        for file in self.files.told_by_text() {
            let vmid = match (file.vmid, file.vmid_by) {
                (None, _) => "of a vmid that nothing tells".to_owned(),
                (Some(vmid), VmidBy::Path) => format!("{vmid}"),
                (Some(vmid), VmidBy::Name) => format!("{vmid}, by a number in its name"),
                (Some(vmid), VmidBy::Volumes) => format!("{vmid}, by the names of its volumes"),
            };
            let what = if file.kind == FileKind::Container { "container" } else { "VM" };
            writeln!(out, "read by its text: {}: {what} {vmid}", printable_str(&file.shown))?;
        }
        for unread in &self.unread {
            writeln!(out, "not read: {}: {}", printable_str(unread.path), printable_str(&unread.reason))?;
        }
        Ok(())
    }
}

/// `2 files`, `1 file`.
fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}
