//! `pvelint access show`: somebody's rights, path by path.

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use serde_json::{Map, Value, json};

use super::{Ask, Failure, Format, Outcome, ReadArgs};
use crate::access::{Grid, Privs, places};
use crate::model::tables::access::PrivSet;
use crate::text::{printable, printable_str};
use bstr::ByteSlice;

#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// User or token: alice@pve, ci@pve!deploy
    subject: String,

    /// Only this path
    path: Option<String>,

    /// Every path that matters: each guest, storage and node too
    #[arg(long, conflicts_with = "path")]
    all: bool,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What PVE itself shows, if nothing more is asked for.
const TOP: [&str; 8] = ["/", "/access", "/mapping", "/nodes", "/pool", "/sdn", "/storage", "/vms"];

pub(super) fn run(args: &ShowArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let subject = ask.subject(&args.subject)?;
    let paths = match &args.path {
        Some(path) => BTreeSet::from([ask.path(path)?.into_bytes()]),
        None => paths(&ask, args.all),
    };
    let grid = Grid::new(&ask.access, &paths);
    let mut rows = grid.rows();
    let rights: Vec<(&Vec<u8>, Privs)> = paths.iter().zip(rows.row(subject.as_bytes()).iter()).collect();
    let remarks = ask.remarks(subject);
    match args.format {
        Format::Json => {
            let one = |privs: Privs| -> Value {
                let bit = |privilege| u8::from(privs.propagate.contains(privilege));
                privs.privs.iter().map(|one| (one.name().to_owned(), bit(one).into())).collect::<Map<_, _>>().into()
            };
            let paths: Map<String, Value> =
                rights.iter().map(|(path, privs)| (path.to_str_lossy().into_owned(), one(*privs))).collect();
            let value = json!({
                "subject": subject,
                "release": ask.cfg.release.major(),
                "paths": paths,
                "remarks": ask.told_json(&remarks),
            });
            super::print_json(out, "show", value)?;
        }
        Format::Text => {
            let rights: Vec<_> = rights.into_iter().filter(|(_, privs)| privs.privs != PrivSet::EMPTY).collect();
            if rights.is_empty() {
                let on = args.path.as_ref().map(|path| format!(" on {path}")).unwrap_or_default();
                writeln!(out, "{} has no rights{on}", printable_str(subject))?;
            } else {
                table(&rights, out)?;
                writeln!(out, "Permissions marked with '(*)' have the 'propagate' flag set.")?;
            }
            for told in &remarks {
                writeln!(out, "note: {}", told.text)?;
            }
        }
    }
    Ok(Outcome::Clean)
}

/// The paths that PVE shows, and on demand all that something is at.
fn paths(ask: &Ask<'_, '_>, all: bool) -> BTreeSet<Vec<u8>> {
    let cfg = ask.cfg;
    let mut paths: BTreeSet<Vec<u8>> = TOP.iter().map(|path| path.as_bytes().to_vec()).collect();
    if all {
        paths.extend(places::known(ask.cluster, cfg));
    } else {
        paths.extend(places::of_acls(cfg));
    }
    paths
}

/// The table that `pveum user permissions` prints.
fn table(rights: &[(&Vec<u8>, Privs)], out: &mut dyn Write) -> std::io::Result<()> {
    let cell = |privs: &Privs| -> Vec<String> {
        let mark = |privilege| if privs.propagate.contains(privilege) { " (*)" } else { "" };
        privs.privs.iter().map(|privilege| format!("{privilege}{}", mark(privilege))).collect()
    };
    let rows: Vec<(String, Vec<String>)> = rights.iter().map(|(path, privs)| (printable(path), cell(privs))).collect();
    let head = ("ACL path", "Permissions");
    let left = rows.iter().map(|(path, _)| path.chars().count()).chain([head.0.len()]).max().unwrap_or_default();
    let right =
        rows.iter().flat_map(|(_, cells)| cells).map(String::len).chain([head.1.len()]).max().unwrap_or_default();
    let rule =
        |a: &str, line: &str, b: &str, c: &str| format!("{a}{}{b}{}{c}", line.repeat(left + 2), line.repeat(right + 2));
    writeln!(out, "{}", rule("┌", "─", "┬", "┐"))?;
    writeln!(out, "│ {:left$} │ {:right$} │", head.0, head.1)?;
    for (nth, (path, cells)) in rows.iter().enumerate() {
        writeln!(out, "{}", if nth == 0 { rule("╞", "═", "╪", "╡") } else { rule("├", "─", "┼", "┤") })?;
        for (line, privilege) in cells.iter().enumerate() {
            writeln!(out, "│ {:left$} │ {privilege:right$} │", if line == 0 { path } else { "" })?;
        }
    }
    writeln!(out, "{}", rule("└", "─", "┴", "┘"))
}
