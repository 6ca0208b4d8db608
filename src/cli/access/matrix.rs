//! `pvelint access matrix`: everybody's rights on every path.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{Ask, Failure, Outcome, ReleaseArg};

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
    let matrix = crate::access::matrix(&ask.access, args.paths.iter().map(String::as_bytes));
    match args.format {
        Format::Json => {
            serde_json::to_writer(&mut *out, &matrix).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Csv => csv(&matrix, out)?,
        Format::Text => table(&matrix, false, out)?,
        Format::Md => table(&matrix, true, out)?,
    }
    Ok(Outcome::Clean)
}

/// Subjects with their rows, those that aren't defined last.
fn rows(matrix: &Value) -> impl Iterator<Item = (&String, &Value)> {
    ["permissions", "ghost_permissions"].into_iter().filter_map(|key| matrix[key].as_object()).flatten()
}

fn names<'v>(matrix: &'v Value, key: &str) -> Vec<&'v str> {
    matrix[key].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn csv(matrix: &Value, out: &mut dyn Write) -> std::io::Result<()> {
    let paths = names(matrix, "paths");
    writeln!(out, "subject,path,privilege,propagate")?;
    for (subject, row) in rows(matrix) {
        for (path, set) in paths.iter().zip(row.as_array().into_iter().flatten()) {
            for (privilege, bit) in privileges(matrix, set) {
                writeln!(out, "{},{},{privilege},{bit}", quoted(subject), quoted(path))?;
            }
        }
    }
    Ok(())
}

/// The privileges of the set with this number, by name, with their propagate bits.
fn privileges<'v>(matrix: &'v Value, number: &Value) -> Vec<(&'v str, u8)> {
    let number = number.as_u64().and_then(|number| usize::try_from(number).ok());
    let set = number.and_then(|number| matrix["privsets"].get(number));
    let bit = |bit: u8| {
        let names = set.and_then(|set| set[bit.to_string()].as_array()).into_iter().flatten();
        names.filter_map(Value::as_str).map(move |name| (name, bit))
    };
    let mut all: Vec<_> = bit(0).chain(bit(1)).collect();
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
fn table(matrix: &Value, markdown: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let paths = names(matrix, "paths");
    let mut lines: Vec<Vec<String>> = vec![vec!["path".to_owned()]];
    lines.extend(paths.iter().map(|path| vec![crate::text::printable_str(path).into_owned()]));
    for (subject, row) in rows(matrix) {
        let row = row.as_array().into_iter().flatten();
        let cells = row.map(|set| match set.as_u64() {
            Some(number) if number > 0 => number.to_string(),
            _ => ".".to_owned(),
        });
        let column = std::iter::once(crate::text::printable_str(subject).into_owned()).chain(cells);
        for (line, cell) in lines.iter_mut().zip(column) {
            line.push(if markdown { cell.replace('|', "\\|") } else { cell });
        }
    }
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
    let sets = matrix["privsets"].as_array().map_or(0, Vec::len);
    if sets > 1 {
        writeln!(out)?;
    }
    for number in 1..sets {
        let listed: Vec<_> = privileges(matrix, &number.into())
            .into_iter()
            .map(|(name, bit)| if bit == 1 { name.to_owned() } else { format!("{name} (here only)") })
            .collect();
        writeln!(out, "{number}{} {}", if markdown { "." } else { ":" }, listed.join(", "))?;
    }
    Ok(())
}
