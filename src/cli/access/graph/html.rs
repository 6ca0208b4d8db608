//! The page: one file that asks nobody for anything. Its parts lie beside this file as they are sent to the browser; the
//! policy in `page.html` lets only this style and this script in, by their hashes.

use std::io::Write;
use std::path::Path;

use super::super::{Ask, Failure};
use super::{GraphArgs, page};
use crate::text::printable_str;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Writes the page to `file`, and a line about it to `out`; or only the page to `out` when the file is `-`.
pub(super) fn write(ask: &Ask<'_, '_>, args: &GraphArgs, file: &Path, out: &mut dyn Write) -> Result<(), Failure> {
    let data = page::data(ask, args)?;
    let json = serde_json::to_string(&data).map_err(std::io::Error::from)?;
    let page = filled(&json);
    if file.as_os_str() == "-" {
        out.write_all(page.as_bytes())?;
        return Ok(());
    }
    let name = file.display().to_string();
    std::fs::write(file, &page).map_err(|error| Failure::Usage(format!("{name}: {error}")))?;
    let (subjects, paths) = (data.subjects.len(), data.paths.len());
    writeln!(out, "{}: {subjects} subjects, {paths} paths, {} bytes", printable_str(&name), page.len())?;
    Ok(())
}

/// The page with its parts. Only the page's own marks are looked for, nothing in what is put in.
fn filled(json: &str) -> String {
    let json = script_safe(json);
    let mut out = String::with_capacity(PAGE.len() + STYLE.len() + SCRIPT.len() + json.len());
    let mut rest = PAGE;
    for (mark, part) in [("@@CSS@@", STYLE), ("@@DATA@@", json.as_str()), ("@@JS@@", SCRIPT)] {
        if let Some((before, behind)) = rest.split_once(mark) {
            out.push_str(before);
            out.push_str(part);
            rest = behind;
        }
    }
    out.push_str(rest);
    out
}

/// JSON that can't end the element it stands in, nor begin a comment or anything else in it. These characters occur only within
/// strings, where an escape means the same.
fn script_safe(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_cannot_leave_its_element() {
        let hostile = "\"</script><!--<script>&amp;\u{2028}\u{2029}\"";
        let safe = script_safe(hostile);
        assert!(!safe.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{safe}");
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), serde_json::from_str::<String>(hostile).unwrap());
    }

    #[test]
    fn the_page_has_all_its_parts() {
        let page = filled("{\"a\":\"@@JS@@\"}");
        assert!(page.contains(STYLE) && page.contains(SCRIPT) && page.contains("{\"a\":\"@@JS@@\"}"));
        assert!(!page.contains("@@CSS@@") && !page.contains("@@DATA@@"));
    }
}
