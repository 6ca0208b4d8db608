//! `pvelint rules`: all rules, for people and for programs.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{Failure, Outcome};
use crate::rules::{Doc, RULES, book};

#[derive(Debug, Args)]
pub(super) struct RulesArgs {
    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(serde::Serialize)]
struct Row {
    id: &'static str,
    level: crate::finding::Level,
    since: Option<u8>,
    until: Option<u8>,
    needs: Vec<&'static str>,
    summary: String,
}

pub(super) fn run(args: &RulesArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let docs: std::collections::HashMap<_, Doc> = book().map(|doc| (doc.id, doc)).collect();
    let rows: Vec<_> = RULES
        .iter()
        .map(|rule| Row {
            id: rule.id,
            level: rule.level,
            since: rule.since.map(crate::release::Release::major),
            until: rule.until.map(crate::release::Release::major),
            needs: rule.needs.iter().map(|input| input.name()).collect(),
            summary: docs.get(rule.id).map(Doc::summary).unwrap_or_default(),
        })
        .collect();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, &rows).map_err(std::io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => {
            let width = rows.iter().map(|row| row.id.len()).max().unwrap_or_default();
            for row in &rows {
                writeln!(out, "{:width$}  {:7}  {}", row.id, row.level, row.summary)?;
            }
        }
    }
    Ok(Outcome::Clean)
}
