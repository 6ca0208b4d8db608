//! `pvelint access who`: everybody who has a privilege on a path, and through what.

use std::io::Write;

use clap::Args;
use serde_json::json;

use super::answer::Answer;
use super::{Ask, Failure, Format, Outcome, ReadArgs};
use crate::access::Step;
use crate::model::tables::access::Priv;
use crate::text::printable;

#[derive(Debug, Args)]
pub(super) struct WhoArgs {
    /// One or more privileges, and the path: VM.PowerMgmt VM.Console /vms/100
    #[arg(value_names = ["PRIVILEGE", "PATH"], num_args = 2.., required = true)]
    privileges_and_path: Vec<String>,

    /// Whoever has one of the privileges
    #[arg(long, conflicts_with = "all")]
    any: bool,

    /// Whoever has all of the privileges; this is so anyway
    #[arg(long)]
    all: bool,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &WhoArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Some((path, privileges)) = args.privileges_and_path.split_last() else {
        return Err(Failure::Usage("which privilege, and on which path?".to_owned()));
    };
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let privileges: Vec<Priv> = privileges.iter().map(|name| ask.privilege(name)).collect::<Result<_, _>>()?;
    let path = ask.path(path)?;

    let subjects: Vec<String> = ask.subjects().collect();
    let mut rows = Vec::new();
    for subject in &subjects {
        let answers: Vec<_> =
            privileges.iter().map(|privilege| Answer::new(&ask, subject, *privilege, &path)).collect();
        let have = answers.iter().filter(|answer| answer.yes).count();
        if if args.any { have > 0 } else { have == privileges.len() } {
            rows.push((subject, answers));
        }
    }
    match args.format {
        Format::Json => {
            let list: Vec<_> = rows
                .iter()
                .map(|(subject, answers)| {
                    let yes = answers.iter().filter(|answer| answer.yes);
                    json!({
                        "subject": subject,
                        "privileges": yes.map(|answer| answer.json(&ask)).collect::<Vec<_>>(),
                        "remarks": ask.told_json(&ask.remarks(subject)),
                    })
                })
                .collect();
            let names: Vec<_> = privileges.iter().map(|privilege| privilege.name()).collect();
            let value = json!({
                "release": ask.cfg.release.major(),
                "path": path,
                "privileges": names,
                "mode": if args.any { "any" } else { "all" },
                "who": list,
            });
            super::print_json(out, "who", value)?;
        }
        Format::Text => {
            let width = rows.iter().map(|(subject, _)| subject.chars().count()).max().unwrap_or_default();
            for (subject, answers) in &rows {
                let mut front = format!("{:width$}", crate::text::printable_str(subject));
                // One line for each way, with the privileges that come that way.
                let mut ways: Vec<(String, Vec<&str>)> = Vec::new();
                for answer in answers.iter().filter(|answer| answer.yes) {
                    let way = way(&ask, answer);
                    match ways.iter_mut().find(|(known, _)| *known == way) {
                        Some((_, names)) => names.push(answer.privilege.name()),
                        None => ways.push((way, vec![answer.privilege.name()])),
                    }
                }
                for (way, names) in ways {
                    let what = if privileges.len() > 1 { format!("{}: ", names.join(", ")) } else { String::new() };
                    writeln!(out, "{front}  {what}{way}")?;
                    front = " ".repeat(width);
                }
                for remark in ask.remarks(subject) {
                    writeln!(out, "{:width$}  note: {}", "", remark.text)?;
                }
            }
        }
    }
    Ok(Outcome::Clean)
}

/// The chain in a few words: `@admins: Administrator on / (user.cfg:16)`.
fn way(ask: &Ask<'_, '_>, answer: &Answer<'_>) -> String {
    let chain = ask.access.derive(answer.subject.as_bytes(), answer.privilege, answer.path.as_bytes());
    let mut parts: Vec<String> = Vec::new();
    for step in chain.iter().flat_map(|chain| &chain.steps) {
        match step {
            Step::Root => parts.push("root@pam may do everything".to_owned()),
            Step::Owner { user, .. } => parts.push(format!("as {}", printable(user))),
            Step::Member { group, .. } => parts.push(format!("in @{}", printable(group))),
            Step::Acl { entry, path, .. } => parts.push(format!(
                "{} on {} ({})",
                printable(ask.cfg.role_name(entry.role)),
                printable(path),
                ask.at(entry.line)
            )),
            Step::Pool { pool, .. } => parts.push(format!("through pool {}", printable(pool))),
            Step::Role { .. } => {}
        }
    }
    parts.join(", ")
}
