//! JSON for programs: one object, with a `schema_version` that changes when a key changes its meaning or goes away.
//!
//! Strings hold what a person would be shown, with control characters escaped; `offset` and `length` count bytes of the file.

use std::io;

use serde::Serialize;

use super::{Counts, Files, Run};
use crate::finding::{Finding, Fix, Label, Level, Related};
use crate::source::{SourceFile, VmidBy};
use crate::text::{Place, printable_str};

/// Version of the format. Additions don't change it.
pub const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    pvelint: &'static str,
    trees: Vec<JsonTree<'a>>,
    findings: Vec<JsonFinding<'a>>,
    not_evaluated: Vec<JsonNotEvaluated<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    files: Option<Vec<JsonFile<'a>>>,
    unread: Vec<JsonUnread>,
    summary: Summary,
}

#[derive(Serialize)]
struct JsonTree<'a> {
    path: String,
    pve: u8,
    pve_from: &'a str,
}

#[derive(Serialize)]
struct JsonNotEvaluated<'a> {
    missing: &'a str,
    rules: &'a [&'static str],
    #[serde(skip_serializing_if = "is_zero")]
    statements: usize,
}

/// A file that was read: as part of which tree, and as what.
#[derive(Serialize)]
struct JsonFile<'a> {
    path: String,
    tree: Option<String>,
    name: String,
    node: Option<&'a str>,
    vmid: Option<u32>,
    /// What the vmid was told by, where it isn't the path.
    #[serde(skip_serializing_if = "Option::is_none")]
    vmid_from: Option<&'static str>,
}

#[derive(Serialize)]
struct JsonUnread {
    path: String,
    kind: String,
    reason: String,
}

#[derive(Serialize)]
struct Summary {
    files: usize,
    unread: usize,
    ignored: usize,
    #[serde(flatten)]
    counts: Counts,
}

#[derive(Serialize)]
struct JsonFinding<'a> {
    rule: &'static str,
    level: Level,
    subject: String,
    message: String,
    #[serde(flatten)]
    primary: JsonLabel,
    labels: Vec<JsonLabel>,
    related: Vec<JsonRelated>,
    consequence: Vec<String>,
    fixes: Vec<JsonFix<'a>>,
    fingerprint: String,
}

#[derive(Serialize)]
struct JsonLabel {
    #[serde(flatten)]
    place: JsonPlace,
    label: String,
}

#[derive(Serialize)]
struct JsonPlace {
    file: String,
    line: u32,
    column: u32,
    end_line: u32,
    end_column: u32,
    offset: u32,
    length: usize,
}

#[derive(Serialize)]
struct JsonRelated {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    place: Option<JsonPlace>,
    text: String,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum JsonFix<'a> {
    Run { commands: &'a [String], remark: String },
    Edit { text: String },
}

/// Writes `run` as one JSON object and a line feed.
///
/// # Errors
/// When `out` can't be written.
pub fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let document = Document {
        schema_version: SCHEMA_VERSION,
        pvelint: env!("CARGO_PKG_VERSION"),
        trees: run
            .trees
            .iter()
            .map(|tree| JsonTree { path: clean(tree.path), pve: tree.release.major(), pve_from: &tree.release_from })
            .collect(),
        findings: run.findings.iter().map(|finding| json_finding(&run.files, finding)).collect(),
        not_evaluated: run
            .not_evaluated
            .iter()
            .map(|group| JsonNotEvaluated {
                missing: &group.missing,
                rules: &group.rules,
                statements: group.statements,
            })
            .collect(),
        files: run.verbose.then(|| run.files.read().map(|file| json_file(run, file)).collect()),
        unread: run
            .unread
            .iter()
            .map(|unread| JsonUnread {
                path: clean(unread.path),
                kind: clean(&unread.kind),
                reason: clean(&unread.reason),
            })
            .collect(),
        summary: Summary {
            files: run.files.count(),
            unread: run.unread.len(),
            ignored: run.ignored,
            counts: Counts::of(run.findings),
        },
    };
    serde_json::to_writer_pretty(Escaped(&mut *out), &document)?;
    writeln!(out)
}

fn json_file<'a>(run: &Run<'a>, file: &'a SourceFile) -> JsonFile<'a> {
    let tree = file.tree.and_then(|tree| run.trees.get(tree.0 as usize));
    JsonFile {
        path: clean(&file.shown),
        tree: tree.map(|tree| clean(tree.path)),
        name: clean(&file.pve_name()),
        node: file.node.as_deref(),
        vmid: file.vmid,
        vmid_from: match file.vmid_by {
            _ if file.vmid.is_none() => None,
            VmidBy::Path => None,
            VmidBy::Name => Some("name"),
            VmidBy::Volumes => Some("volumes"),
        },
    }
}

/// Writes JSON with every character that a terminal would act on, or that hides or reorders text, as `\\u` escapes. Such characters
/// stand only inside strings, where the escape means the same.
#[derive(Debug)]
pub struct Escaped<W>(pub W);

impl<W: io::Write> io::Write for Escaped<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let plain = |text: &str| text.is_ascii() && !text.contains('\u{7f}');
        match std::str::from_utf8(bytes) {
            Ok(text) if !plain(text) => {
                let mut out = String::with_capacity(text.len() + 16);
                for c in text.chars() {
                    if c.is_ascii_control() && c != '\u{7f}' || !crate::text::is_unprintable(c) {
                        out.push(c);
                    } else {
                        let mut units = [0; 2];
                        for unit in c.encode_utf16(&mut units) {
                            out.push_str(&format!("\\u{unit:04x}"));
                        }
                    }
                }
                self.0.write_all(out.as_bytes())?;
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Findings as they stand in the document, for questions that print a document of their own.
#[must_use]
pub fn findings(files: &Files<'_>, findings: &[Finding]) -> serde_json::Value {
    let list: Vec<_> = findings.iter().map(|finding| json_finding(files, finding)).collect();
    serde_json::to_value(list).unwrap_or_default()
}

fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn clean(text: &str) -> String {
    printable_str(text).into_owned()
}

fn json_finding<'a>(files: &Files<'_>, finding: &'a Finding) -> JsonFinding<'a> {
    JsonFinding {
        rule: finding.rule,
        level: finding.level,
        subject: clean(&finding.subject),
        message: clean(&finding.message),
        primary: json_label(files, &finding.primary),
        labels: finding.labels.iter().map(|label| json_label(files, label)).collect(),
        related: finding
            .related
            .iter()
            .map(|Related { place, text }| JsonRelated {
                place: place.map(|place| json_place(files, place)),
                text: clean(text),
            })
            .collect(),
        consequence: finding.consequence.iter().map(|line| clean(line)).collect(),
        fixes: finding
            .fixes
            .iter()
            .map(|fix| match fix {
                Fix::Run { commands, remark } => JsonFix::Run { commands, remark: clean(remark) },
                Fix::Edit(text) => JsonFix::Edit { text: clean(text) },
            })
            .collect(),
        fingerprint: finding.fingerprint().to_string(),
    }
}

fn json_label(files: &Files<'_>, label: &Label) -> JsonLabel {
    JsonLabel { place: json_place(files, label.place), label: clean(&label.text) }
}

fn json_place(files: &Files<'_>, place: Place) -> JsonPlace {
    let (from, to) = files.line_cols(place);
    JsonPlace {
        file: clean(files.name(place.file)),
        line: from.line,
        column: from.column,
        end_line: to.line,
        end_column: to.column,
        offset: place.span.start,
        length: place.span.len(),
    }
}
