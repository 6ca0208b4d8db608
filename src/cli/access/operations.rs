//! `pvelint access operations`: what `can` and `needs` know.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::{Failure, Format, Outcome, ReleaseArg};
use crate::access::operations::{Operation, operations};

#[derive(Debug, Args)]
pub(super) struct OperationsArgs {
    /// Only those that have this word in their name or title
    word: Option<String>,

    #[command(flatten)]
    release: ReleaseArg,

    /// How to print them
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &OperationsArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let word = args.word.as_deref().unwrap_or_default().to_lowercase();
    let wanted = |operation: &&Operation| {
        args.release.pve.is_none_or(|release| operation.exists_in(release))
            && (operation.id.contains(&word)
                || operation.title.to_lowercase().contains(&word)
                || operation.aliases.iter().any(|alias| alias.contains(&word)))
    };
    let chosen: Vec<_> = operations().iter().filter(wanted).collect();
    if chosen.is_empty() {
        return Err(Failure::Usage(format!("no operation has {word} in its name or title")));
    }
    match args.format {
        Format::Text => {
            let width = chosen.iter().map(|operation| call(operation).len()).max().unwrap_or_default().min(48);
            for operation in chosen {
                writeln!(out, "{:width$}  {}", call(operation), operation.title)?;
            }
        }
        Format::Json => {
            let list: Vec<_> = chosen.into_iter().map(summary).collect();
            super::print_json(out, "operations", json!({ "operations": list }))?;
        }
    }
    Ok(Outcome::Clean)
}

/// An operation as it is typed behind `can SUBJECT`: `vm-start vmid=...`.
fn call(operation: &Operation) -> String {
    let mut call = operation.id.to_string();
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        call.push(' ');
        call.push_str(&parameter.name);
        call.push('=');
    }
    call
}

/// What an operation is, without its checks.
pub(super) fn summary(operation: &Operation) -> serde_json::Value {
    let parameters: Vec<_> = operation
        .parameters
        .iter()
        .map(|parameter| {
            json!({
                "name": parameter.name, "about": parameter.about, "default": parameter.default, "required": parameter.required,
            })
        })
        .collect();
    json!({
        "id": operation.id,
        "aliases": operation.aliases,
        "title": operation.title,
        "cli": operation.cli,
        "method": operation.method,
        "api": operation.api,
        "releases": operation.releases.iter().map(|release| release.major()).collect::<Vec<_>>(),
        "root_only": operation.root_only.iter().map(|release| release.major()).collect::<Vec<_>>(),
        "tokens_allowed": operation.tokens_allowed,
        "parameters": parameters,
        "note": operation.note,
    })
}
