//! The report for people: miette's drawing of the lines, then what PVE does, then the commands that fix it.
//!
//! miette draws the message and the lines; the words below them are written here, because a command must never be wrapped.

use std::fmt;
use std::io;

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, Severity, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::excerpt::{CONTEXT, Excerpt};
use super::{Files, Run};
use crate::finding::{Finding, Fix, Label, Level};
use crate::text::{FileId, Place, printable_str};

/// Writes the findings of `run`, each followed by an empty line; `colour` says whether to use ANSI colours.
///
/// # Errors
/// When `out` can't be written.
pub fn write(run: &Run<'_>, colour: bool, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in run.findings {
        out.write_all(render(&run.files, finding, colour).as_bytes())?;
    }
    Ok(())
}

/// One finding as text, with an empty line at its end.
#[must_use]
pub fn render(files: &Files<'_>, finding: &Finding, colour: bool) -> String {
    let mut out = String::new();
    let place = finding.primary.place;
    let mut labels = vec![&finding.primary];
    labels.extend(finding.labels.iter().filter(|label| label.place.file == place.file));
    let head = Head::Finding(finding);
    draw(&mut out, files, place.file, &labels, head, colour);
    let mut others: Vec<&Label> = finding.labels.iter().filter(|label| label.place.file != place.file).collect();
    others.sort_by_key(|label| label.place);
    for group in others.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(first) = group.first() else { continue };
        draw(&mut out, files, first.place.file, group, Head::None, colour);
    }
    for related in &finding.related {
        let at = related.place.map(|place: Place| format!(" ({})", files.shown(place))).unwrap_or_default();
        push_line(&mut out, &paint(colour, DIM, "related:"), &format!("{}{at}", printable_str(&related.text)));
    }
    for line in &finding.consequence {
        out.push_str("  ");
        out.push_str(&printable_str(line));
        out.push('\n');
    }
    for (n, fix) in finding.fixes.iter().enumerate() {
        let word = if n == 0 { "fix:" } else { "  or:" };
        push_fix(&mut out, &paint(colour, GREEN, word), fix, colour);
    }
    out.push('\n');
    out
}

/// The lines that `labels` point at, drawn file by file, without words around them. Empty without labels.
#[must_use]
pub fn excerpts(files: &Files<'_>, labels: &[Label], colour: bool) -> String {
    let mut out = String::new();
    let mut labels: Vec<&Label> = labels.iter().collect();
    labels.sort_by_key(|label| label.place);
    for group in labels.chunk_by(|a, b| a.place.file == b.place.file) {
        let Some(first) = group.first() else { continue };
        draw(&mut out, files, first.place.file, group, Head::None, colour);
    }
    out
}

const DIM: &str = "2";
const BOLD: &str = "1";
const GREEN: &str = "32";

fn paint(colour: bool, code: &str, text: &str) -> String {
    if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

fn push_line(out: &mut String, word: &str, text: &str) {
    out.push_str("  ");
    out.push_str(word);
    out.push(' ');
    out.push_str(text);
    out.push('\n');
}

fn push_fix(out: &mut String, word: &str, fix: &Fix, colour: bool) {
    match fix {
        Fix::Run { commands, remark } => {
            let mut word = word;
            for (n, command) in commands.iter().enumerate() {
                let mut line = paint(colour, BOLD, command);
                if n == 0 && !remark.is_empty() {
                    // As a shell comment, so that the line can be pasted whole.
                    line.push_str("     # ");
                    line.push_str(&printable_str(remark));
                }
                push_line(out, word, &line);
                word = "     ";
            }
        }
        Fix::Edit(text) => {
            let mut word = word;
            for line in text.lines() {
                push_line(out, word, &printable_str(line));
                word = "     ";
            }
        }
    }
}

/// What stands above a drawing.
#[derive(Clone, Copy)]
enum Head<'f> {
    /// The level, the rule and the message.
    Finding(&'f Finding),
    /// Nothing: the lines of a further file.
    None,
}

fn draw(out: &mut String, files: &Files<'_>, file: FileId, labels: &[&Label], head: Head<'_>, colour: bool) {
    let primary = matches!(head, Head::Finding(_));
    let spans: Vec<_> = labels.iter().map(|label| (label.place.span, label.text.as_str())).collect();
    let excerpt = files.with_lines(file, |index, text| Excerpt::new(files.name(file), text, index, &spans, primary));
    let (level, icon, message) = match head {
        Head::Finding(finding) => {
            (finding.level, format!("{}[{}]:", finding.level, finding.rule), printable_str(&finding.message))
        }
        Head::None => (Level::Note, String::new(), "".into()),
    };
    let title = format!("{icon} {message}");
    let drawing = Drawing { message: message.into_owned(), level, excerpt };
    let handler = GraphicalReportHandler::new_themed(theme(colour, icon))
        .with_context_lines(CONTEXT)
        .with_wrap_lines(false)
        .with_links(false)
        .with_width(400)
        .without_cause_chain();
    let mut drawn = String::new();
    // Drawing into a string fails only when a label lies outside the excerpt; then the words below still stand.
    if handler.render_report(&mut drawn, &drawing).is_err() {
        drawn = format!("  {title}\n");
    }
    let mut lines = drawn.trim_start_matches('\n').lines();
    // Without a message miette leaves its first line out, and begins with the file's name.
    if primary && let Some(first) = lines.next() {
        out.push_str(first.trim_start());
        out.push('\n');
    }
    for line in lines {
        out.push_str(line.trim_end());
        out.push('\n');
    }
}

fn theme(colour: bool, head: String) -> GraphicalTheme {
    GraphicalTheme {
        characters: ThemeCharacters {
            error: head.clone(),
            warning: head.clone(),
            advice: head,
            ..ThemeCharacters::unicode()
        },
        styles: if colour { ThemeStyles::ansi() } else { ThemeStyles::none() },
    }
}

#[derive(Debug)]
struct Drawing {
    message: String,
    level: Level,
    excerpt: Excerpt,
}

impl fmt::Display for Drawing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawing {}

impl Diagnostic for Drawing {
    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note => Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpt)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.labels.iter().cloned()))
    }
}
