//! One answer: has somebody a privilege on a path, through what, or why not, and what would change that. Worked out once,
//! printed by `can`, `why`, `why-not` and `why-403`.

use std::io::Write;

use serde_json::{Value, json};

use super::Ask;
use crate::access::{Explainer, Sentence};
use crate::finding::Fix;
use crate::model::tables::access::Priv;
use crate::text::printable_str;

/// The answer for one privilege on one path.
#[derive(Debug)]
pub(super) struct Answer<'s> {
    pub(super) subject: &'s str,
    pub(super) privilege: Priv,
    pub(super) path: String,
    pub(super) yes: bool,
    /// The chain, or what is missing.
    pub(super) told: Vec<Sentence>,
}

impl<'s> Answer<'s> {
    pub(super) fn new(ask: &Ask<'_, '_>, subject: &'s str, privilege: Priv, path: &str) -> Self {
        let (who, on) = (subject.as_bytes(), path.as_bytes());
        let at = |span| ask.at(span);
        let teller = Explainer::new(&ask.access, &at);
        let chain = ask.access.derive(who, privilege, on);
        let told = match &chain {
            Some(chain) => teller.derivation(who, privilege, on, chain),
            None => ask
                .access
                .why_not(who, privilege, on)
                .map(|refusal| teller.refusal(who, privilege, on, &refusal))
                .unwrap_or_default(),
        };
        Self { subject, privilege, path: path.to_owned(), yes: chain.is_some(), told }
    }

    /// `no: ci@pve!deploy lacks VM.PowerMgmt on /vms/100`.
    pub(super) fn headline(&self) -> String {
        let (word, verb) = if self.yes { ("yes", "has") } else { ("no", "lacks") };
        format!("{word}: {} {verb} {} on {}", printable_str(self.subject), self.privilege, self.path)
    }

    /// Headline and chain.
    pub(super) fn write(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", self.headline())?;
        write_told(&self.told, out)
    }

    pub(super) fn json(&self, ask: &Ask<'_, '_>) -> Value {
        json!({
            "privilege": self.privilege.name(),
            "path": self.path,
            "answer": self.yes,
            "chain": ask.told_json(&self.told),
        })
    }
}

/// Sentences, one a line.
pub(super) fn write_told(told: &[Sentence], out: &mut dyn Write) -> std::io::Result<()> {
    for told in told {
        writeln!(out, "  {}", told.text)?;
    }
    Ok(())
}

/// Remarks about somebody, one a line.
pub(super) fn write_remarks(told: &[Sentence], out: &mut dyn Write) -> std::io::Result<()> {
    for told in told {
        writeln!(out, "note: {}", told.text)?;
    }
    Ok(())
}

/// `what`, then one way a paragraph.
pub(super) fn write_fixes(what: &str, fixes: &[Fix], out: &mut dyn Write) -> std::io::Result<()> {
    for (nth, fix) in fixes.iter().enumerate() {
        writeln!(out, "{}", if nth == 0 { what } else { "or:" })?;
        if let Fix::Run { commands, remark } = fix {
            for (nth, command) in commands.iter().enumerate() {
                if nth == 0 && !remark.is_empty() {
                    writeln!(out, "  {command}     # {remark}")?;
                } else {
                    writeln!(out, "  {command}")?;
                }
            }
        }
    }
    Ok(())
}

/// Ways as JSON: `[{"commands": [...], "remark": "..."}]`.
pub(super) fn fixes_json(fixes: &[Fix]) -> Value {
    let one = |fix: &Fix| match fix {
        Fix::Run { commands, remark } => Some(json!({ "commands": commands, "remark": remark })),
        Fix::Edit(_) => None,
    };
    fixes.iter().filter_map(one).collect()
}
