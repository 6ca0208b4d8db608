//! `pvelint access why` and `why-not`: the chain in sentences, with the lines it goes through, and what would change it.

use std::io::Write;

use super::answer::{self, Answer};
use super::{Ask, Failure, Format, Outcome, ReadArgs};
use crate::model::tables::access::PrivSet;
use crate::text::printable_str;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct WhyArgs {
    /// User or token: alice@pve, ci@pve!deploy
    subject: String,

    /// Privilege: VM.PowerMgmt
    privilege: String,

    /// Path: /vms/100
    path: String,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Answers. `has` is what the question takes for granted; when it isn't so, the exit code is 1.
pub(super) fn run(args: &WhyArgs, has: bool, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let subject = ask.subject(&args.subject)?;
    let privilege = ask.privilege(&args.privilege)?;
    let path = ask.path(&args.path)?;
    let answer = Answer::new(&ask, subject, privilege, &path);
    match args.format {
        Format::Text => explain(&ask, &answer, colour, out)?,
        Format::Json => {
            let fixes = fixes(&ask, &answer);
            let mut value = answer.json(&ask);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("subject".to_owned(), subject.into());
                fields.insert("release".to_owned(), ask.cfg.release.major().into());
                fields.insert("remarks".to_owned(), ask.told_json(&ask.remarks(subject)));
                fields.insert("changes".to_owned(), answer::fixes_json(&fixes));
            }
            super::print_json(out, if has { "why" } else { "why-not" }, value)?;
        }
    }
    Ok(if answer.yes == has { Outcome::Clean } else { Outcome::Findings })
}

fn fixes(ask: &Ask<'_, '_>, answer: &Answer<'_>) -> Vec<crate::finding::Fix> {
    if answer.yes {
        ask.access.to_take(answer.subject.as_bytes(), answer.privilege, answer.path.as_bytes()).into_iter().collect()
    } else {
        ask.access.to_give(answer.subject.as_bytes(), PrivSet::of(answer.privilege), answer.path.as_bytes())
    }
}

/// The whole explain of one answer, with what would change it.
pub(super) fn explain(
    ask: &Ask<'_, '_>,
    answer: &Answer<'_>,
    colour: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    explain_chain(ask, answer, colour, out)?;
    let what = if answer.yes { "what takes it away:" } else { "smallest grant that gives it:" };
    answer::write_fixes(what, &fixes(ask, answer), out)?;
    Ok(())
}

/// The chain of one answer, its lines, and what has to be known besides.
pub(super) fn explain_chain(
    ask: &Ask<'_, '_>,
    answer: &Answer<'_>,
    colour: bool,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    answer.write(out)?;
    let remarks = ask.remarks(answer.subject);
    let told: Vec<_> = answer.told.iter().chain(&remarks).cloned().collect();
    write!(out, "{}", ask.drawing(&told, colour))?;
    // What a refusal said already isn't said again.
    let new: Vec<_> = remarks.into_iter().filter(|remark| !answer.told.contains(remark)).collect();
    answer::write_remarks(&new, out)?;
    for remark in ask.about_path(&answer.path) {
        writeln!(out, "note: {}", printable_str(&remark))?;
    }
    Ok(())
}
