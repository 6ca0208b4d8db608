//! `pvelint access matrix`: everybody's rights on every path.

use std::io::Write;
use std::path::PathBuf;

use bstr::ByteSlice;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Ask, Failure, Outcome, ReleaseArg};
use crate::access::{Matrix, MatrixRow, Privs, set_value};
use crate::text::printable;

/// A table with more cells than this is nothing to look at.
const MAX_CELLS: usize = 1 << 20;

#[derive(Debug, Args)]
pub(super) struct MatrixArgs {
    /// The configuration: /etc/pve, a copy of it, a user.cfg, `-` for a user.cfg on standard input [default: /etc/pve, when
    /// this is a node]
    #[arg(value_name = "CONFIG")]
    config: Option<PathBuf>,

    #[command(flatten)]
    release: ReleaseArg,

    /// A further path. Those with ACLs, pools and their members are there anyway
    #[arg(long = "path", value_name = "PATH")]
    paths: Vec<String>,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Paths down, subjects across: the number of a set of privileges, explained below
    Text,
    /// One line for each subject, path and privilege: subject,path,privilege,propagate
    Csv,
    /// Markdown: as text
    Md,
    /// paths, privsets and permissions
    Json,
}

pub(super) fn run(args: &MatrixArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = super::load(args.config.as_deref())?;
    let cluster = super::cluster(&sources, args.release.pve)?;
    let ask = Ask::new(&cluster)?;
    if let Some(path) = args.paths.iter().find(|path| !path.starts_with('/')) {
        return Err(Failure::Usage(format!("a path begins with /: did you mean /{path}?")));
    }
    let matrix = Matrix::new(&ask.access, args.paths.iter().map(String::as_bytes));
    match args.format {
        Format::Json => json(&matrix, out)?,
        Format::Csv => csv(&matrix, out)?,
        Format::Text => table(&matrix, false, out)?,
        Format::Md => table(&matrix, true, out)?,
    }
    Ok(Outcome::Clean)
}

/// The keys of the vectors, row by row.
fn json(matrix: &Matrix<'_, '_, '_>, out: &mut dyn Write) -> std::io::Result<()> {
    let text = |bytes: &[u8]| Value::from(bytes.to_str_lossy());
    let list = |items: &mut dyn Iterator<Item = Value>| Value::from_iter(items);
    write!(out, "{{\"paths\":{}", list(&mut matrix.paths().iter().map(|path| text(path))))?;
    write!(out, ",\"privsets\":{}", list(&mut matrix.sets().iter().map(set_value)))?;
    for (key, defined) in [("permissions", true), ("ghost_permissions", false)] {
        let mut first = true;
        matrix.rows(defined, |row| {
            match (first, defined) {
                (true, _) => write!(out, ",\"{key}\":{{")?,
                (false, _) => write!(out, ",")?,
            }
            first = false;
            write!(out, "{}:[", text(row.id))?;
            for (nth, set) in row.sets.iter().enumerate() {
                write!(out, "{}{set}", if nth == 0 { "" } else { "," })?;
            }
            write!(out, "]")
        })?;
        match (first, defined) {
            (true, true) => write!(out, ",\"{key}\":{{}}")?,
            (true, false) => {}
            (false, _) => write!(out, "}}")?,
        }
    }
    writeln!(out, "}}")
}

/// Every row, those that aren't defined last.
fn rows(
    matrix: &Matrix<'_, '_, '_>,
    mut each: impl FnMut(MatrixRow<'_>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    matrix.rows(true, &mut each)?;
    matrix.rows(false, each)
}

fn csv(matrix: &Matrix<'_, '_, '_>, out: &mut dyn Write) -> std::io::Result<()> {
    let paths: Vec<_> = matrix.paths().iter().map(|path| quoted(&printable(path))).collect();
    let sets: Vec<_> = matrix.sets().iter().map(privileges).collect();
    writeln!(out, "subject,path,privilege,propagate")?;
    rows(matrix, |row| {
        let subject = quoted(&printable(row.id));
        for (path, set) in paths.iter().zip(row.sets) {
            for (privilege, bit) in sets.get(*set as usize).into_iter().flatten() {
                writeln!(out, "{subject},{path},{privilege},{bit}")?;
            }
        }
        Ok(())
    })
}

/// The privileges of a set, by name, with their propagate bits.
fn privileges(set: &Privs) -> Vec<(&'static str, u8)> {
    let mut all: Vec<_> =
        set.privs.iter().map(|privilege| (privilege.name(), u8::from(set.propagate.contains(privilege)))).collect();
    all.sort_unstable();
    all
}

/// A CSV field. What a spreadsheet would take for a formula is kept from it.
fn quoted(field: &str) -> String {
    let field = crate::text::printable_str(field);
    let formula = field.starts_with(['=', '+', '-', '@']);
    if formula || field.contains([',', '"', '\n', '\r']) {
        format!("\"{}{}\"", if formula { "'" } else { "" }, field.replace('"', "\"\""))
    } else {
        field.into_owned()
    }
}

/// Paths down, subjects across, with the sets' numbers; the sets below. The set without privileges is a dot.
fn table(matrix: &Matrix<'_, '_, '_>, markdown: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if matrix.paths().len().saturating_mul(matrix.count()) > MAX_CELLS {
        let (subjects, paths) = (matrix.count(), matrix.paths().len());
        let hint = "--format json and csv print any number, `pvelint access graph --html` draws a page";
        return Err(Failure::Usage(format!("{subjects} subjects on {paths} paths make no table to read; {hint}")));
    }
    let mut lines: Vec<Vec<String>> = vec![vec!["path".to_owned()]];
    lines.extend(matrix.paths().iter().map(|path| vec![printable(path)]));
    rows(matrix, |row| {
        let cells = row.sets.iter().map(|set| if *set > 0 { set.to_string() } else { ".".to_owned() });
        let column = std::iter::once(printable(row.id)).chain(cells);
        for (line, cell) in lines.iter_mut().zip(column) {
            line.push(if markdown { cell.replace('|', "\\|") } else { cell });
        }
        Ok(())
    })?;
    let columns = lines.first().map_or(0, Vec::len);
    let widths: Vec<usize> = (0..columns)
        .map(|at| lines.iter().filter_map(|line| line.get(at)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for (nth, line) in lines.iter().enumerate() {
        let cells: Vec<_> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        if markdown {
            writeln!(out, "| {} |", cells.join(" | "))?;
        } else {
            writeln!(out, "{}", cells.join("  ").trim_end())?;
        }
        if markdown && nth == 0 {
            let rule: Vec<_> = widths.iter().map(|width| "-".repeat((*width).max(3))).collect();
            writeln!(out, "| {} |", rule.join(" | "))?;
        }
    }
    if matrix.sets().len() > 1 {
        writeln!(out)?;
    }
    for (number, set) in matrix.sets().iter().enumerate().skip(1) {
        let listed: Vec<_> = privileges(set)
            .into_iter()
            .map(|(name, bit)| if bit == 1 { name.to_owned() } else { format!("{name} (here only)") })
            .collect();
        writeln!(out, "{number}{} {}", if markdown { "." } else { ":" }, listed.join(", "))?;
    }
    Ok(())
}
