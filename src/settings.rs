//! `pvelint.toml`: what a team has decided about its own tree.
//!
//! Knows the file's form and nothing of rules or findings; what statements say is [`crate::access::policy`]'s matter. Every key
//! is optional, an unknown one is an error: a setting that is misspelt must not silently do nothing.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use crate::access::policy::{Policy, Stated};
use crate::release::Release;
use crate::text::{FileId, Span};

/// Name of the file that is looked for.
pub const FILE_NAME: &str = "pvelint.toml";

/// The settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Settings {
    /// Release to judge by, unless the command line says otherwise.
    #[serde(deserialize_with = "release")]
    pub pve: Option<Release>,
    /// Findings that are meant to be there.
    pub ignore: Vec<Ignore>,
    /// Statements about rights that have to hold.
    pub policy: Vec<Statement>,
}

/// Findings that are meant to be there, and why.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Ignore {
    /// Id of the rule; `*` stands for any text.
    pub rule: Spanned<String>,
    /// Subject of the finding, as `--format json` shows it; `*` stands for any text. Absent: all.
    pub subject: Option<Spanned<String>>,
    /// Why; must not be empty.
    #[serde(deserialize_with = "reason")]
    pub reason: String,
}

impl Ignore {
    /// Where the entry stands in the file: its rule.
    #[must_use]
    pub fn span(&self) -> Span {
        span(self.rule.span())
    }
}

/// A statement about rights, as `docs/policy.md` describes them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Statement {
    /// The statement.
    pub statement: Spanned<String>,
    /// Why it is there; must not be empty.
    #[serde(default, deserialize_with = "some_reason")]
    pub reason: Option<String>,
}

/// Why a settings file can't be used: toml's own words, with the line and a drawing of it.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(String);

impl Settings {
    /// Reads the text of a `pvelint.toml`.
    ///
    /// # Errors
    /// When it isn't TOML, has a key that doesn't exist, or a value of the wrong form.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        toml::from_str(text).map_err(|error| SettingsError(error.to_string().trim_end().to_owned()))
    }

    /// The statements, read; `text` is the file, `file` its number. `None` when there are none.
    #[must_use]
    pub fn policy(&self, text: &str, file: FileId) -> Option<Policy> {
        let read = |one: &Statement| {
            let quoted = span(one.statement.span());
            Stated::new(one.statement.get_ref().clone(), one.reason.clone(), quoted, text.as_bytes())
        };
        let statements: Vec<Stated> = self.policy.iter().map(read).collect();
        (!statements.is_empty()).then_some(Policy { file, statements })
    }
}

fn span(range: Range<usize>) -> Span {
    Span::new(range.start, range.end)
}

fn release<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Release>, D::Error> {
    let major = u8::deserialize(deserializer)?;
    Release::from_major(major).map(Some).ok_or_else(|| serde::de::Error::custom(format!("pve must be {}", Release::OR)))
}

fn reason<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let reason = String::deserialize(deserializer)?;
    if reason.trim().is_empty() {
        return Err(serde::de::Error::custom("say why: a reason must not be empty"));
    }
    Ok(reason)
}

fn some_reason<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    reason(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistakes_in_the_file_are_errors_with_a_line() {
        for text in ["pve = 6", "ignroe = []", "[[ignore]]\nrule = \"x\"", "[[ignore]]\nrule = \"x\"\nreason = \" \""] {
            let error = Settings::parse(text).unwrap_err().to_string();
            assert!(error.contains("line"), "{error}");
        }
        let settings = Settings::parse("pve = 8\n[[ignore]]\nrule = \"ct-*\"\nreason = \"lab\"\n").unwrap();
        assert_eq!(settings.pve, Some(Release::Pve8));
        assert_eq!(settings.ignore.first().map(|ignore| ignore.span().len()), Some(6));
    }
}
