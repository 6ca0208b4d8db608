//! `file:line:col: level rule: message`, one finding a line: for editors, `grep` and problem matchers.

use std::io;

use super::Run;
use crate::text::printable_str;

/// Writes the findings of `run`, one a line.
///
/// # Errors
/// When `out` can't be written.
pub fn write(run: &Run<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    for finding in run.findings {
        let place = run.files.shown(finding.primary.place);
        // A file's name must not look like a command of the CI that reads this.
        let place = if place.starts_with([':', '#']) { format!("./{place}") } else { place };
        writeln!(out, "{place}: {} {}: {}", finding.level, finding.rule, printable_str(&finding.message))?;
    }
    Ok(())
}
