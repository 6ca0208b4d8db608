//! `pvelint access why-403`: the text of a refusal, explained.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::answer::{self, Answer};
use super::{Ask, Failure, Format, Outcome, ReadArgs, why};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::user::ROOT;

#[derive(Debug, Args)]
pub(super) struct Why403Args {
    /// The text, as a browser, pvesh, a log or a program shows it: '403 Permission check failed (/vms/100, VM.PowerMgmt)'
    text: String,

    /// Who was refused: alice@pve, ci@pve!deploy
    #[arg(long = "as", value_name = "SUBJECT")]
    subject: String,

    #[command(flatten)]
    read: ReadArgs,

    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// What a 403 says.
#[derive(Debug, PartialEq, Eq)]
enum Refused<'t> {
    /// One of these privileges is missing on the path.
    Privileges { path: &'t str, names: Vec<&'t str> },
    /// The call is for root@pam alone.
    NotRoot,
}

pub(super) fn run(args: &Why403Args, colour: bool, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let Some(refused) = read(&args.text) else {
        let hint =
            "a 403 says which privilege failed on which path: 'Permission check failed (/vms/100, VM.PowerMgmt)'";
        return Err(Failure::Usage(format!("there is no path and privilege in that text; {hint}")));
    };
    let sources = args.read.load()?;
    let cluster = args.read.cluster(&sources)?;
    let ask = Ask::new(&cluster)?;
    let subject = ask.subject(&args.subject)?;
    match refused {
        Refused::NotRoot => not_root(&ask, subject, args.format, out),
        Refused::Privileges { path, names } => {
            // As PVE wrote it, whatever it looks like: what a call left out is `-` there (`/vms/-`).
            let path = format!("/{}", path.trim_matches('/'));
            let privileges = names.iter().map(|name| ask.privilege(name)).collect::<Result<Vec<_>, _>>()?;
            let answers: Vec<_> =
                privileges.iter().map(|privilege| Answer::new(&ask, subject, *privilege, &path)).collect();
            match args.format {
                Format::Text => tell(&ask, &answers, colour, out)?,
                Format::Json => {
                    let changes = best(&ask, &answers);
                    let value = json!({
                        "subject": subject,
                        "release": ask.cfg.release.major(),
                        "path": path,
                        "answer": answers.iter().any(|answer| answer.yes),
                        "privileges": answers.iter().map(|answer| answer.json(&ask)).collect::<Vec<Value>>(),
                        "remarks": ask.told_json(&ask.remarks(subject)),
                        "changes": answer::fixes_json(&changes),
                    });
                    super::print_json(out, "why-403", value)?;
                }
            }
            Ok(if answers.iter().any(|answer| answer.yes) { Outcome::Clean } else { Outcome::Findings })
        }
    }
}

/// The path with its privileges in a text of any shape: with or without `403`, brackets, and what programs put around them.
fn read(text: &str) -> Option<Refused<'_>> {
    if text.contains("user != root@pam") {
        return Some(Refused::NotRoot);
    }
    let mut from = 0;
    while let Some(at) = text.get(from..)?.find('/').map(|at| from + at) {
        let rest = text.get(at..)?;
        let in_path = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        let path = rest.find(|c: char| !in_path(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        let behind = rest.get(path.len()..).unwrap_or_default().trim_start();
        if let Some(names) = behind.strip_prefix(',') {
            let names = names.trim_start();
            let in_name = |c: char| c.is_ascii_alphanumeric() || ".|".contains(c);
            let names = names.find(|c: char| !in_name(c)).and_then(|end| names.get(..end)).unwrap_or(names);
            let names: Vec<_> =
                names.split('|').map(|name| name.trim_matches('.')).filter(|name| !name.is_empty()).collect();
            if names.first().is_some_and(|name| name.contains('.') || Priv::from_name(name.as_bytes()).is_some()) {
                return Some(Refused::Privileges { path, names });
            }
        }
        from = at + path.len().max(1);
    }
    None
}

/// The ways to give any one of the privileges: those of the one that brings least with it.
fn best(ask: &Ask<'_, '_>, answers: &[Answer<'_>]) -> Vec<crate::finding::Fix> {
    if answers.iter().any(|answer| answer.yes) {
        return Vec::new();
    }
    let least = answers.iter().min_by_key(|answer| {
        let proposals =
            ask.access.propose(answer.subject.as_bytes(), PrivSet::of(answer.privilege), answer.path.as_bytes());
        proposals.first().map_or(u32::MAX, |proposal| proposal.surplus.len())
    });
    least
        .map(|answer| {
            ask.access.to_give(answer.subject.as_bytes(), PrivSet::of(answer.privilege), answer.path.as_bytes())
        })
        .unwrap_or_default()
}

fn tell(ask: &Ask<'_, '_>, answers: &[Answer<'_>], colour: bool, out: &mut dyn Write) -> Result<(), Failure> {
    if let Some(answer) = answers.iter().find(|answer| answer.yes) {
        why::explain_chain(ask, answer, colour, out)?;
        writeln!(
            out,
            "by these files the call isn't refused for this privilege: was the refusal before the last change, from another \
             cluster, or of another subject?"
        )?;
        return Ok(());
    }
    match answers {
        [answer] => why::explain(ask, answer, colour, out),
        answers => {
            let Some(first) = answers.first() else { return Ok(()) };
            let names: Vec<_> = answers.iter().map(|answer| answer.privilege.name()).collect();
            writeln!(
                out,
                "no: {} lacks {} on {}; any one is enough",
                crate::text::printable_str(first.subject),
                names.join(" and "),
                first.path
            )?;
            // The reasons are mostly the same, and are told once.
            let mut told = Vec::new();
            for answer in answers {
                for line in &answer.told {
                    let text = line.text.replace(answer.privilege.name(), first.privilege.name());
                    if !told.iter().any(|known: &crate::access::Sentence| known.text == text) {
                        told.push(crate::access::Sentence { text, marks: line.marks.clone() });
                    }
                }
            }
            answer::write_told(&told, out)?;
            write!(out, "{}", ask.drawing(&told, colour))?;
            answer::write_remarks(&ask.remarks(first.subject), out)?;
            answer::write_fixes("smallest grant that gives one:", &best(ask, answers), out)?;
            Ok(())
        }
    }
}

fn not_root(ask: &Ask<'_, '_>, subject: &str, format: Format, out: &mut dyn Write) -> Result<Outcome, Failure> {
    let root = subject.as_bytes() == ROOT;
    let why = if root {
        "root@pam passes this check: the call was made under another name, or with a token of root@pam"
    } else if subject.starts_with("root@pam!") {
        "PVE compares the caller with root@pam, and a token of root@pam isn't root@pam, whatever its rights"
    } else {
        "PVE compares the caller with root@pam here and looks at no privilege: no role helps, Administrator neither"
    };
    match format {
        Format::Json => {
            let value = json!({
                "subject": subject, "release": ask.cfg.release.major(), "answer": root, "root_only": true, "text": why,
            });
            super::print_json(out, "why-403", value)?;
        }
        Format::Text => {
            let (word, verb) = if root { ("yes", "is") } else { ("no", "is not") };
            let subject = crate::text::printable_str(subject);
            writeln!(out, "{word}: {subject} {verb} root@pam, and only root@pam may do this")?;
            writeln!(out, "  {why}")?;
            if !root {
                writeln!(
                    out,
                    "  the call can be made with the password login of root@pam, or by pvesh in a root shell"
                )?;
            }
        }
    }
    Ok(if root { Outcome::Clean } else { Outcome::Findings })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_403_is_read_in_every_shape() {
        let power = Some(Refused::Privileges { path: "/vms/100", names: vec!["VM.PowerMgmt"] });
        for text in [
            "Permission check failed (/vms/100, VM.PowerMgmt)",
            "403 Permission check failed (/vms/100, VM.PowerMgmt)",
            "Permission check failed (/vms/100, VM.PowerMgmt) (403)",
            "/vms/100, VM.PowerMgmt",
            "/vms/100,VM.PowerMgmt.",
            r#"{"data":null,"message":"Permission check failed (/vms/100, VM.PowerMgmt)\n"}"#,
            "error: api2/json/nodes/pve1/qemu/100: 403 Permission check failed (/vms/100, VM.PowerMgmt)",
        ] {
            assert_eq!(read(text), power, "{text}");
        }
        assert_eq!(
            read("403 Permission check failed (/nodes/pve1, Sys.Audit|Datastore.Audit)"),
            Some(Refused::Privileges { path: "/nodes/pve1", names: vec!["Sys.Audit", "Datastore.Audit"] })
        );
        assert_eq!(
            read("Permission check failed (/, Sys.Modify)"),
            Some(Refused::Privileges { path: "/", names: vec!["Sys.Modify"] })
        );
        assert_eq!(read("Permission check failed (user != root@pam)"), Some(Refused::NotRoot));
        for text in ["", "Permission check failed", "/vms/100", "see /etc/pve/user.cfg, please", "/"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
