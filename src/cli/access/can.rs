//! `pvelint access can`: yes or no, for a privilege on a path or for an operation with its parameters.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::needs::{described, privileges};
use super::{Ask, Failure, Format, Outcome, ReadArgs, hint, name_value};
use crate::access::operations::{Check, Mode, Operation};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::tables::place::{List, Text};
use crate::model::user::ROOT;
use crate::text::printable_str;

#[derive(Debug, Args)]
#[command(override_usage = "pvelint access can [OPTIONS] SUBJECT PRIVILEGE PATH\n       \
    pvelint access can [OPTIONS] SUBJECT OPERATION [NAME=VALUE]...")]
pub(super) struct CanArgs {
    /// User or token: alice@pve, ci@pve!deploy
    subject: String,

    /// Privilege (VM.PowerMgmt), or operation (vm-start; `pvelint access operations` lists them)
    what: String,

    /// For a privilege the path; for an operation its parameters: vmid=100 storage=local-lvm
    #[arg(value_name = "PATH | NAME=VALUE")]
    rest: Vec<String>,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(args: &CanArgs, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let subject = ask.subject(&args.subject)?;
    let yes = match args.rest.as_slice() {
        [path] if path.starts_with('/') => {
            let answer = Answer::new(&ask, subject, ask.privilege(&args.what)?, &ask.path(path)?);
            one(&ask, &answer, args.format, out)?;
            answer.yes
        }
        _ if Priv::from_name(args.what.as_bytes()).is_some() => {
            return Err(Failure::Usage(format!("on which path? pvelint access can {subject} {} /vms/100", args.what)));
        }
        parameters => {
            let operation = ask.operation(&args.what)?;
            let given = given(operation, parameters)?;
            Task { ask: &ask, subject, operation, given }.run(args.format, out)?
        }
    };
    Ok(if yes { Outcome::Clean } else { Outcome::Findings })
}

fn one(ask: &Ask<'_, '_>, answer: &Answer<'_>, format: Format, out: &mut dyn Write) -> Result<(), Failure> {
    let remarks = ask.remarks(answer.subject);
    match format {
        Format::Text => {
            answer.write(out)?;
            let new: Vec<_> = remarks.into_iter().filter(|remark| !answer.told.contains(remark)).collect();
            answer::write_remarks(&new, out)?;
            for remark in ask.about_path(&answer.path) {
                writeln!(out, "note: {}", printable_str(&remark))?;
            }
        }
        Format::Json => {
            let mut value = answer.json(ask);
            if let Some(fields) = value.as_object_mut() {
                fields.insert("subject".to_owned(), answer.subject.into());
                fields.insert("release".to_owned(), ask.cfg.release.major().into());
                fields.insert("remarks".to_owned(), ask.told_json(&remarks));
            }
            super::print_json(out, "can", value)?;
        }
    }
    Ok(())
}

/// The values of an operation's parameters.
fn given<'t>(operation: &Operation, arguments: &'t [String]) -> Result<BTreeMap<&'static str, &'t str>, Failure> {
    let known = operation.parameters.iter().map(|parameter| parameter.name.as_str());
    let mut given = BTreeMap::new();
    for argument in arguments {
        let about = |name: &str| match operation.parameters.iter().find(|parameter| parameter.name == name) {
            Some(parameter) => Ok(parameter.about.as_str()),
            None => {
                let list = format!("it takes {}", known.clone().collect::<Vec<_>>().join(", "));
                let hint = hint(name, known.clone(), &list);
                Err(Failure::Usage(format!("{} has no parameter {name}; {hint}", operation.id)))
            }
        };
        let (name, value) = name_value(argument, &|| example(operation), &about)?;
        let Some(name) = known.clone().find(|known| *known == name) else { continue };
        if given.insert(name, value).is_some() {
            return Err(Failure::Usage(format!("{name} is given twice")));
        }
    }
    for parameter in operation.parameters {
        if parameter.required && parameter.default.is_none() && !given.contains_key(&*parameter.name) {
            return Err(Failure::Usage(format!(
                "{} needs {} ({}): {}",
                operation.id,
                parameter.name,
                parameter.about,
                example(operation)
            )));
        }
    }
    Ok(given)
}

/// How an operation is asked for.
fn example(operation: &Operation) -> String {
    let mut line = format!("pvelint access can SUBJECT {}", operation.id);
    for parameter in operation.parameters.iter().filter(|parameter| parameter.required) {
        line.push_str(&format!(" {}=...", parameter.name));
    }
    line
}

/// How one check, or one way to pass it, came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Yes,
    No,
    /// A parameter that it speaks of wasn't given.
    Open,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Open => "?",
        }
    }

    fn of(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// One way to pass a check.
struct Attempt<'s> {
    text: String,
    verdict: Verdict,
    answers: Vec<Answer<'s>>,
    /// It counts only in this case.
    when: Option<&'static str>,
}

/// An operation somebody wants to do.
struct Task<'q, 'c, 'a> {
    ask: &'q Ask<'c, 'a>,
    subject: &'q str,
    operation: &'static Operation,
    given: BTreeMap<&'static str, &'q str>,
}

impl Task<'_, '_, '_> {
    /// Answers each check on its own. The operation as a whole is allowed when every check is passed that always applies, or whose
    /// parameters were all given; the others are listed.
    fn run(&self, format: Format, out: &mut dyn Write) -> Result<bool, Failure> {
        let release = self.ask.cfg.release;
        let token = self.subject.contains('!') && self.ask.cfg.token(self.subject.as_bytes()).is_some();
        let root = self.subject.as_bytes() == ROOT;
        let refused = if self.operation.is_root_only_in(release) && !root {
            Some("root@pam alone may do it; no privilege helps, and no token".to_owned())
        } else if token && !self.operation.tokens_allowed {
            Some("this call refuses every API token".to_owned())
        } else {
            None
        };
        let checks: Vec<_> = self.operation.checks_in(release).map(|check| (check, self.attempts(check))).collect();
        let verdicts: Vec<_> = checks.iter().map(|(check, attempts)| self.verdict(check, attempts)).collect();
        let yes = refused.is_none() && !verdicts.iter().any(|(verdict, applies)| *applies && *verdict != Verdict::Yes);
        let remarks = self.ask.remarks(self.subject);
        match format {
            Format::Json => {
                let list: Vec<_> = checks
                    .iter()
                    .zip(&verdicts)
                    .map(|((check, attempts), verdict)| self.json(check, attempts, *verdict))
                    .collect();
                let given: serde_json::Map<String, Value> =
                    self.given.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
                let value = json!({
                    "subject": self.subject,
                    "release": release.major(),
                    "operation": self.operation.id,
                    "parameters": given,
                    "answer": yes,
                    "refused": refused,
                    "checks": list,
                    "remarks": self.ask.told_json(&remarks),
                });
                super::print_json(out, "can", value)?;
            }
            Format::Text => {
                let title = self.operation.title;
                let word = if yes { "yes" } else { "no" };
                let may = if yes { "may" } else { "may not" };
                let given: Vec<_> = self.given.iter().map(|(name, value)| format!("{name}={value}")).collect();
                let given = if given.is_empty() { String::new() } else { format!(" ({})", given.join(" ")) };
                writeln!(out, "{word}: {} {may} {title}{given}", printable_str(self.subject))?;
                if let Some(refused) = &refused {
                    writeln!(out, "  {refused}")?;
                }
                let mut open = Vec::new();
                for ((check, attempts), (verdict, applies)) in checks.iter().zip(&verdicts) {
                    if *applies {
                        self.write(check, attempts, *verdict, out)?;
                    } else {
                        open.push((check, attempts, *verdict));
                    }
                }
                if !open.is_empty() {
                    writeln!(out, "asked as well, in these cases:")?;
                }
                for (check, attempts, verdict) in open {
                    let ways: Vec<_> = attempts.iter().map(|attempt| attempt.text.as_str()).collect();
                    let when = check.when.as_deref().unwrap_or_default();
                    writeln!(out, "  {:3}  {} (when {when})", verdict.word(), ways.join(", or "))?;
                }
                if let Some(note) = self.operation.note {
                    writeln!(out, "note: {note}")?;
                }
                answer::write_remarks(&remarks, out)?;
                if !yes && refused.is_none() {
                    self.write_grants(&checks, &verdicts, out)?;
                }
            }
        }
        Ok(yes)
    }

    /// All ways to pass `check`: on its path, on the pool's, and the others that are known.
    fn attempts(&self, check: &'static Check) -> Vec<Attempt<'_>> {
        let mut attempts = vec![self.attempt(&check.path, check.mode, check.privileges, None)];
        if check.or_pool {
            let pool = ["pool", "poolid"].into_iter().find(|name| self.given.contains_key(name)).unwrap_or("pool");
            let path = if pool == "pool" { "/pool/{pool}" } else { "/pool/{poolid}" };
            let when = (!self.given.contains_key(pool)).then_some("the call names that pool");
            attempts.push(self.attempt(path, check.mode, check.privileges, when));
        }
        attempts.extend(
            check.or.iter().map(|or| self.attempt(&or.path, or.mode, or.privileges, or.when.map(Text::as_str))),
        );
        attempts
    }

    fn attempt(&self, template: &str, mode: Mode, names: List<Text>, when: Option<&'static str>) -> Attempt<'_> {
        let Some(path) = self.filled(template) else {
            let text = format!("{} on {template}", privileges(mode, names));
            return Attempt { text, verdict: Verdict::Open, answers: Vec::new(), when };
        };
        let answers: Vec<_> = names
            .iter()
            .filter_map(|name| Priv::in_release(name.as_bytes(), self.ask.cfg.release))
            .map(|privilege| Answer::new(self.ask, self.subject, privilege, &path))
            .collect();
        let yes = match mode {
            Mode::All => answers.len() == names.len() && answers.iter().all(|answer| answer.yes),
            Mode::Any => answers.iter().any(|answer| answer.yes),
        };
        let text = format!("{} on {path}", privileges(mode, names));
        Attempt { text, verdict: Verdict::of(yes), answers, when }
    }

    /// The path with every name in braces replaced; `None` when one wasn't given.
    fn filled(&self, template: &str) -> Option<String> {
        let mut path = template.to_owned();
        for parameter in self.operation.parameters {
            let braces = format!("{{{}}}", parameter.name);
            if path.contains(&braces) {
                let value = self.given.get(&*parameter.name).copied().or(parameter.default.as_deref())?;
                path = path.replace(&braces, value);
            }
        }
        (!path.contains('{')).then_some(path)
    }

    /// How a check comes out, and whether it decides about the whole: it applies always, or what only it speaks of was given
    /// (`storage=tank`, and it is asked when a disk is allocated).
    fn verdict(&self, check: &Check, attempts: &[Attempt<'_>]) -> (Verdict, bool) {
        let first = attempts.first().map_or(Verdict::Open, |attempt| attempt.verdict);
        let passed = |attempt: &Attempt<'_>| {
            // "below /vms/" can be told from the path itself.
            let below =
                attempt.when.and_then(|when| when.strip_prefix("below ")).and_then(|when| when.split(';').next());
            let path = attempt.answers.first().map_or("", |answer| &answer.path);
            attempt.verdict == Verdict::Yes && below.is_none_or(|below| path.starts_with(below.trim()))
        };
        let verdict = if attempts.iter().any(passed) { Verdict::Yes } else { first };
        let named = |template: &str| -> Vec<&'static str> {
            let parameters =
                self.operation.parameters.iter().filter(|one| template.contains(&format!("{{{}}}", one.name)));
            parameters.filter(|one| !one.required && one.default.is_none()).map(|one| one.name.as_str()).collect()
        };
        let all_given = |template: &str| {
            let names = named(template);
            !names.is_empty() && names.iter().all(|name| self.given.contains_key(name))
        };
        // A NIC with a VLAN is looked up there, and not on its bridge.
        let deeper = |other: &&Check| {
            other.path.strip_prefix(&*check.path).is_some_and(|rest| rest.starts_with("/{")) && all_given(&other.path)
        };
        let applies = check.when.is_none()
            || (all_given(&check.path) && !self.operation.checks_in(self.ask.cfg.release).any(|other| deeper(&other)));
        (verdict, applies)
    }

    fn write(
        &self,
        check: &Check,
        attempts: &[Attempt<'_>],
        verdict: Verdict,
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        let Some(first) = attempts.first() else { return Ok(()) };
        let when = check.when.map(|when| format!(" (when {when})")).unwrap_or_default();
        writeln!(out, "  {:3}  {}{when}", verdict.word(), first.text)?;
        // The way that was successful is told; of the others, that there are some.
        let passed = attempts.iter().find(|attempt| attempt.verdict == Verdict::Yes);
        let told = passed.or(Some(first)).filter(|told| told.verdict != Verdict::Open);
        if let Some(told) = told {
            if !std::ptr::eq(told, first) {
                let when = told.when.map(|when| format!(" ({when})")).unwrap_or_default();
                writeln!(out, "         by way of {}{when}", told.text)?;
            }
            let answers = told.answers.iter().filter(|answer| answer.yes == (told.verdict == Verdict::Yes));
            for answer in answers.take(1) {
                for line in &answer.told {
                    writeln!(out, "         {}", line.text)?;
                }
            }
        }
        if passed.is_none() {
            for other in attempts.iter().skip(1) {
                let when = other.when.map(|when| format!(" ({when})")).unwrap_or_default();
                writeln!(out, "    or {}: {}{when}", other.text, other.verdict.word())?;
            }
        }
        if let Some(note) = check.note {
            writeln!(out, "         note: {note}")?;
        }
        Ok(())
    }

    /// What would make the operation possible: for each check that fails, the best way.
    fn write_grants(
        &self,
        checks: &[(&Check, Vec<Attempt<'_>>)],
        verdicts: &[(Verdict, bool)],
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        // One grant for each path, with all that is missing there.
        let mut missing: BTreeMap<&str, PrivSet> = BTreeMap::new();
        for ((check, attempts), (verdict, applies)) in checks.iter().zip(verdicts) {
            let Some(first) = attempts.first() else { continue };
            let Some(path) = first.answers.first().map(|answer| answer.path.as_str()) else { continue };
            if *applies && *verdict == Verdict::No {
                let wanted = first.answers.iter().filter(|answer| !answer.yes).map(|answer| answer.privilege);
                let wanted: PrivSet = wanted.take(if check.mode == Mode::Any { 1 } else { usize::MAX }).collect();
                *missing.entry(path).or_default() |= wanted;
            }
        }
        for (nth, (path, wanted)) in missing.into_iter().enumerate() {
            let first: Vec<_> =
                self.ask.access.to_give(self.subject.as_bytes(), wanted, path.as_bytes()).into_iter().take(1).collect();
            answer::write_fixes(if nth == 0 { "what would allow it:" } else { "and:" }, &first, out)?;
        }
        Ok(())
    }

    fn json(&self, check: &Check, attempts: &[Attempt<'_>], (verdict, applies): (Verdict, bool)) -> Value {
        let ways: Vec<_> = attempts
            .iter()
            .map(|attempt| {
                let answers: Vec<_> = attempt.answers.iter().map(|answer| answer.json(self.ask)).collect();
                json!({ "text": attempt.text, "answer": open(attempt.verdict), "when": attempt.when, "privileges": answers })
            })
            .collect();
        json!({
            "text": described(check),
            "answer": open(verdict),
            "applies": applies,
            "when": check.when,
            "note": check.note,
            "ways": ways,
        })
    }
}

fn open(verdict: Verdict) -> Value {
    match verdict {
        Verdict::Yes => true.into(),
        Verdict::No => false.into(),
        Verdict::Open => Value::Null,
    }
}
