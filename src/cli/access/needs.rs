//! `pvelint access needs`: what PVE checks for an operation.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::{Failure, Format, Outcome, ReleaseArg, ask};
use crate::access::operations::{Check, Mode, Operation};
use crate::model::tables::place::{List, Text};
use crate::release::Release;

#[derive(Debug, Args)]
pub(super) struct NeedsArgs {
    /// The operation, as `pvelint access operations` lists it
    operation: String,

    #[command(flatten)]
    release: ReleaseArg,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &NeedsArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let operation = ask::operation(&args.operation)?;
    let releases: Vec<Release> = match args.release.pve {
        Some(release) if operation.exists_in(release) => vec![release],
        Some(release) => return Err(Failure::Usage(format!("{release} has no {}", operation.id))),
        None => operation.releases.to_vec(),
    };
    match args.format {
        Format::Text => text(operation, &releases, out)?,
        Format::Json => {
            let mut value = super::operations::summary(operation);
            if let Value::Object(fields) = &mut value {
                let checks: Vec<_> = operation
                    .checks
                    .iter()
                    .filter(|check| check.releases.iter().any(|release| releases.contains(release)))
                    .map(check_json)
                    .collect();
                fields.insert("checks".to_owned(), checks.into());
                fields.insert("source".to_owned(), operation.source.as_str().into());
            }
            super::print_json(out, "needs", value)?;
        }
    }
    Ok(Outcome::Clean)
}

fn text(operation: &Operation, releases: &[Release], out: &mut dyn Write) -> std::io::Result<()> {
    writeln!(out, "{}: {}", operation.id, operation.title)?;
    writeln!(out, "  {} {}", operation.method, operation.api)?;
    if let Some(cli) = operation.cli {
        writeln!(out, "  {cli}")?;
    }
    super::write_by_release(releases, |release| needs(operation, release), out)?;
    if let Some(note) = operation.note {
        writeln!(out, "note: {note}")?;
    }
    for parameter in operation.parameters {
        let default = parameter.default.map(|default| format!(" [default: {default}]")).unwrap_or_default();
        writeln!(out, "{{{}}}: {}{default}", parameter.name, parameter.about)?;
    }
    Ok(())
}

fn needs(operation: &Operation, release: Release) -> String {
    if operation.is_root_only_in(release) {
        return "  root@pam alone may do it; no privilege helps, and no token\n".to_owned();
    }
    let mut out = String::new();
    for check in operation.checks_in(release) {
        out.push_str("  ");
        out.push_str(&described(check));
        out.push('\n');
        for other in check.or {
            let when = other.when.map(|when| format!(" ({when})")).unwrap_or_default();
            out.push_str(&format!("    or {} on {}{when}\n", privileges(other.mode, other.privileges), other.path));
        }
        if let Some(note) = check.note {
            out.push_str(&format!("    note: {note}\n"));
        }
    }
    if out.is_empty() {
        out.push_str("  no privilege: whoever is logged in may do it\n");
    }
    if !operation.tokens_allowed {
        out.push_str("  API tokens are refused\n");
    }
    out
}

/// `VM.PowerMgmt on /vms/{vmid}`, with the case it is for.
pub(super) fn described(check: &Check) -> String {
    let pool = if check.or_pool { ", or on /pool/{pool} when the call names that pool" } else { "" };
    let when = check.when.map(|when| format!(" (when {when})")).unwrap_or_default();
    format!("{} on {}{pool}{when}", privileges(check.mode, check.privileges), check.path)
}

/// `VM.Allocate and VM.Config.Disk`, `Sys.Audit or Sys.Modify`.
pub(super) fn privileges(mode: Mode, privileges: List<Text>) -> String {
    privileges.join(match mode {
        Mode::All => " and ",
        Mode::Any => " or ",
    })
}

/// A check for programs.
pub(super) fn check_json(check: &Check) -> Value {
    let or: Vec<_> = check
        .or
        .iter()
        .map(|other| json!({ "path": other.path, "mode": mode(other.mode), "privileges": other.privileges, "when": other.when }))
        .collect();
    json!({
        "path": check.path,
        "mode": mode(check.mode),
        "privileges": check.privileges,
        "or_pool": check.or_pool,
        "in_body": check.in_body,
        "releases": check.releases.iter().map(|release| release.major()).collect::<Vec<_>>(),
        "when": check.when,
        "note": check.note,
        "or": or,
    })
}

fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::All => "all",
        Mode::Any => "any",
    }
}
