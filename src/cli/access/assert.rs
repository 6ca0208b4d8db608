//! `pvelint access assert`: whether statements about rights hold. They are judged and told by the rules that `check` runs on
//! the statements in `pvelint.toml`; here they stand in a file of their own.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{Failure, Outcome, ReadArgs};
use crate::access::policy::{Policy, Problem};
use crate::report::{self, Run};
use crate::rules::{self, Check, Context, RULES, Rule, words};

#[derive(Debug, Args)]
#[command(after_help = "A statement, each in a [[policy]] of FILE:\n\n  \
    [[policy]]\n  \
    statement = \"nobody but @admins can Sys.Modify on /\"\n  \
    reason = \"change control\"\n\n\
    Others: `ci@pve!deploy can VM.Allocate on /pool/dev`, `@interns cannot VM.Console on /vms`, `only @ops can PVEVMAdmin on \
    /vms/*`. docs/policy.md has the language. The same [[policy]] in pvelint.toml is checked by `pvelint check`.")]
pub(super) struct AssertArgs {
    /// TOML with statements; a pvelint.toml will do
    file: PathBuf,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print what isn't so
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each with its lines, the chain and the commands that change it
    #[value(alias = "full")]
    Text,
    /// file:line:col: level rule: message
    Concise,
    /// One JSON object
    Json,
}

/// How many statements came out how.
struct Counts {
    all: usize,
    broken: usize,
    /// Can't be read, or name what nobody knows.
    not_evaluated: usize,
    /// A part of them stands for nothing.
    void: usize,
}

pub(super) fn run(args: &AssertArgs, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    if args.file.symlink_metadata().is_err() {
        return Err(Failure::Unreadable(format!("{}: there is no such file", args.file.display())));
    }
    let (shown, text, settings) = super::super::settings_file(&args.file)?;
    let mut sources = args.read.load()?;
    let file = sources.attach(&shown, text.clone().into_bytes());
    let Some(policy) = settings.policy(&text, file) else {
        let example = "[[policy]]\nstatement = \"nobody but @admins can Sys.Modify on /\"";
        return Err(Failure::Unreadable(format!("{shown} has no statements; one looks like this:\n{example}")));
    };
    let cluster = super::cluster(&sources, args.read.release.pve.or(settings.pve))?;
    super::whole(&cluster)?;
    let context = Context::new(&cluster).with_policy(Some(&policy));
    let about_policies = |rule: &&'static Rule| matches!(rule.check, Check::Policy(_) | Check::Statements(_));
    let rules: Vec<_> = RULES.iter().copied().filter(about_policies).collect();
    let mut findings = rules::run_on_policy(&rules, &policy);
    findings.extend(rules::run_in(&rules, &context).findings);
    findings.sort_by_key(|finding| (finding.primary.place, finding.rule));

    let counts = Counts::of(&policy, context.judged());
    let summary = format!("{} ({} {})", counts.text(), cluster.release, cluster.release_from);
    let run = Run::new(&sources, &findings);
    match args.format {
        Format::Text => {
            report::full::write(&run, colour, out)?;
            writeln!(out, "{summary}")?;
        }
        Format::Concise => {
            report::concise::write(&run, out)?;
            out.flush()?;
            writeln!(std::io::stderr().lock(), "{summary}")?;
        }
        Format::Json => {
            let value = json!({
                "release": cluster.release.major(),
                "statements": counts.all,
                "broken": counts.broken,
                "not_evaluated": counts.not_evaluated,
                "void": counts.void,
                "findings": report::json::findings(&run.files, run.findings),
            });
            super::print_json(out, "assert", value)?;
        }
    }
    // "All" of what wasn't read can't be said to hold.
    let about_all = policy.statements.iter().any(|stated| stated.text.contains("/*"));
    if about_all {
        out.flush()?;
        super::all_objects(&sources)?;
    }
    if counts.not_evaluated > 0 {
        out.flush()?;
        let what = words::count(counts.not_evaluated, "statement");
        return Err(Failure::Usage(format!("{what} could not be evaluated")));
    }
    Ok(if findings.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

impl Counts {
    fn of(policy: &Policy, judged: &[Vec<Problem>]) -> Self {
        let with = |is: fn(&Problem) -> bool| judged.iter().filter(|problems| problems.iter().any(is)).count();
        let unreadable = policy.statements.iter().filter(|stated| stated.read.is_err()).count();
        Self {
            all: policy.statements.len(),
            broken: with(|problem| matches!(problem, Problem::Broken(_))),
            not_evaluated: unreadable + with(|problem| matches!(problem, Problem::Unknown { .. })),
            void: with(|problem| matches!(problem, Problem::Void { .. })),
        }
    }

    /// `12 statements, 1 broken`.
    fn text(&self) -> String {
        let parts = [
            (self.broken, "broken"),
            (self.not_evaluated, "not evaluated"),
            (self.void, "with a part that tests nothing"),
        ];
        let parts: Vec<_> =
            parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!(", {count} {what}")).collect();
        let all = words::count(self.all, "statement");
        match (parts.is_empty(), self.all) {
            (true, 1) => format!("{all}, it holds"),
            (true, _) => format!("{all}, all hold"),
            (false, _) => format!("{all}{}", parts.concat()),
        }
    }
}
