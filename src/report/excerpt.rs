//! The few lines of a file that a finding shows, made safe to print: the `SourceCode` that miette reads.
//!
//! miette's own source scans the text from its first byte for every label. An excerpt holds only the lines that labels touch
//! and their neighbours, keeps their numbers, escapes what must not reach a terminal, and cuts overlong lines around
//! the label.

use bstr::ByteSlice;
use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::text::{LineIndex, Span, printable, printable_str};

/// Lines shown above and below a labelled line.
pub(super) const CONTEXT: usize = 1;
/// Bytes of one line that are shown at most.
const MAX_LINE: usize = 320;
/// Bytes kept in front of a label in a line that is cut.
const LEAD: usize = 80;

/// Lines of one file, with labels translated into its own offsets.
#[derive(Debug)]
pub(super) struct Excerpt {
    name: String,
    text: String,
    lines: Vec<Line>,
    /// The labels, the primary one first where there is one.
    pub(super) labels: Vec<LabeledSpan>,
}

#[derive(Debug)]
struct Line {
    /// Offsets in `Excerpt::text`; `end` is behind the line feed.
    start: usize,
    end: usize,
    /// From 0, in the file.
    number: usize,
    /// Column, from 0, of each label that starts here, as a pair (offset in `text`, column in the file).
    columns: Vec<(usize, usize)>,
}

impl Excerpt {
    /// The excerpt of `text` that shows `labels`; `primary` says whether the first of them is the finding's own.
    pub(super) fn new(name: &str, text: &[u8], index: &LineIndex, labels: &[(Span, &str)], primary: bool) -> Self {
        let mut wanted: Vec<usize> = labels
            .iter()
            .map(|(span, _)| index.line_of(span.start))
            .flat_map(|line| line.saturating_sub(CONTEXT)..=line + CONTEXT)
            .filter(|&line| line < index.lines())
            .collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut excerpt =
            Self { name: printable_str(name).into_owned(), text: String::new(), lines: Vec::new(), labels: Vec::new() };
        let mut translated: Vec<Option<LabeledSpan>> = labels.iter().map(|_| None).collect();
        for number in wanted {
            let whole = index.line_span(number, text);
            let here: Vec<usize> = (0..labels.len())
                .filter(|&i| labels.get(i).is_some_and(|(s, _)| index.line_of(s.start) == number))
                .collect();
            // The empty rest behind the last LF is shown only when a label stands there.
            if whole.is_empty() && number + 1 == index.lines() && number > 0 && here.is_empty() {
                continue;
            }
            let first = here.iter().filter_map(|&i| labels.get(i)).map(|(span, _)| span.start).min();
            let shown = cut(whole, first, text);
            let mut line = Line { start: excerpt.text.len(), end: 0, number, columns: Vec::new() };
            if shown.start > whole.start {
                excerpt.text.push('…');
            }
            let offset = excerpt.text.len();
            for i in here {
                let Some((span, label)) = labels.get(i) else { continue };
                let from = span.start.clamp(shown.start, shown.end);
                let to = span.end.clamp(from, shown.end);
                let at = offset + visible(Span { start: shown.start, end: from }.bytes(text)).len();
                let length = visible(Span { start: from, end: to }.bytes(text)).len();
                let column = index.line_col(span.start, text).column.saturating_sub(1) as usize;
                line.columns.push((at, column));
                let label = (!label.is_empty()).then(|| printable_str(label).into_owned());
                let span = (at, length.max(usize::from(to < shown.end || length > 0)));
                let labelled = if primary && i == 0 {
                    LabeledSpan::new_primary_with_span(label, span)
                } else {
                    LabeledSpan::new_with_span(label, span)
                };
                if let Some(slot) = translated.get_mut(i) {
                    *slot = Some(labelled);
                }
            }
            excerpt.text.push_str(&visible(shown.bytes(text)));
            if shown.end < whole.end {
                excerpt.text.push('…');
            }
            excerpt.text.push('\n');
            line.end = excerpt.text.len();
            excerpt.lines.push(line);
        }
        excerpt.labels = translated.into_iter().flatten().collect();
        excerpt
    }

    fn line_at(&self, offset: usize) -> usize {
        self.lines.partition_point(|line| line.start <= offset).saturating_sub(1)
    }
}

/// The part of line `whole` that is shown when its first label starts at `label`.
fn cut(whole: Span, label: Option<u32>, text: &[u8]) -> Span {
    if whole.len() <= MAX_LINE {
        return whole;
    }
    let is_boundary = |at: usize| text.get(at).is_none_or(|b| !(0x80..0xc0).contains(b));
    let (first, last) = (whole.start as usize, whole.end as usize);
    let from = label.map_or(first, |label| (label as usize).saturating_sub(LEAD).max(first));
    let from = (from..last).find(|&at| is_boundary(at)).unwrap_or(from);
    let to = (from + MAX_LINE).min(last);
    let to = (from..=to).rev().find(|&at| is_boundary(at)).unwrap_or(to);
    Span::new(from, to)
}

/// A piece of a line as it is shown: tabs as blanks, a CR as its symbol, the rest as [`printable`] makes it.
fn visible(bytes: &[u8]) -> String {
    if bytes.iter().all(|b| (0x20..0x7f).contains(b)) {
        return bytes.to_str_lossy().into_owned();
    }
    let mut out = String::with_capacity(bytes.len() + 8);
    for piece in bytes.split_inclusive_str_or_control() {
        match piece {
            b"\t" => out.push_str("    "),
            b"\r" => out.push('␍'),
            other => out.push_str(&printable(other)),
        }
    }
    out
}

/// Splits tabs and carriage returns off, so that [`visible`] can show them.
trait SplitControl {
    fn split_inclusive_str_or_control(&self) -> Vec<&[u8]>;
}

impl SplitControl for [u8] {
    fn split_inclusive_str_or_control(&self) -> Vec<&[u8]> {
        self.chunk_by(|&a, &b| !matches!(a, b'\t' | b'\r') && !matches!(b, b'\t' | b'\r')).collect()
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (mut first, mut last) =
            (self.line_at(span.offset()), self.line_at(span.offset() + span.len().saturating_sub(1)));
        let number = |line: usize| self.lines.get(line).map(|line| line.number);
        for _ in 0..before {
            if first > 0 && number(first - 1).map(|n| n + 1) == number(first) {
                first -= 1;
            }
        }
        for _ in 0..after {
            if number(last + 1).is_some() && number(last).map(|n| n + 1) == number(last + 1) {
                last += 1;
            }
        }
        let (Some(from), Some(to)) = (self.lines.get(first), self.lines.get(last)) else {
            return Err(MietteError::OutOfBounds);
        };
        let (start, end, column) = if before == 0 && after == 0 {
            let column = from.columns.iter().find(|(at, _)| *at == span.offset()).map_or(0, |&(_, column)| column);
            (span.offset(), (span.offset() + span.len()).min(self.text.len()), column)
        } else {
            (from.start, to.end, 0)
        };
        let data = self.text.as_bytes().get(start..end).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            data,
            (start, end - start).into(),
            from.number,
            column,
            last - first + 1,
        )))
    }
}
