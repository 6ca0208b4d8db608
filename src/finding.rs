//! What a rule says: a [`Finding`], with its level, places, consequence and fixes.
//!
//! Leaf vocabulary: it knows places in files and releases, and nothing of models, rules or output. A finding can't be built
//! without a primary place, and its fingerprint holds no line number, so that it survives edits elsewhere in the file.

use std::borrow::Cow;
use std::fmt;

use crate::release::Release;
use crate::text::{Place, printable_str};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Advice; shown only when asked for.
    Note,
    /// Very probably not what the admin wanted.
    Warning,
    /// PVE rejects or ignores it, or an operation is certain to fail.
    Error,
}

impl Level {
    /// The word that is printed: `error`, `warning` or `note`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A place and what to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The bytes it points at.
    pub place: Place,
    /// Shown under the bytes; may be empty.
    pub text: String,
}

/// A fact that belongs to a finding but isn't part of it, mostly in another file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where it stands, when it stands anywhere.
    pub place: Option<Place>,
    /// What it says.
    pub text: String,
}

/// How to fix a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// Commands for a root shell on a node, to be run in this order, and when to choose them (empty: always).
    Run {
        /// One command a line.
        commands: Vec<String>,
        /// A remark shown behind the first command.
        remark: String,
    },
    /// An edit by hand, where no command can do it.
    Edit(String),
}

/// A command line built from fixed words and values of unknown content.
///
/// Values are quoted for a POSIX shell. A value that can't be pasted safely (control characters, invalid UTF-8, a leading
/// `-` that would be read as an option, an empty one) spoils the command, and a spoilt command is never shown.
#[derive(Clone, Debug)]
pub struct Command {
    line: String,
    spoilt: bool,
}

impl Command {
    /// Begins with words that are printed as they are, such as `pveum acl modify`.
    #[must_use]
    pub fn new(words: &str) -> Self {
        Self { line: words.to_owned(), spoilt: false }
    }

    /// Appends further fixed words.
    #[must_use]
    pub fn words(mut self, words: &str) -> Self {
        self.line.push(' ');
        self.line.push_str(words);
        self
    }

    /// Appends a value, quoted where a shell needs it.
    #[must_use]
    pub fn arg(mut self, value: impl AsRef<[u8]>) -> Self {
        self.line.push(' ');
        match std::str::from_utf8(value.as_ref()) {
            Ok(text) if !text.is_empty() && !text.starts_with('-') && printable_str(text) == text => {
                self.line.push_str(&shell_quoted(text));
            }
            _ => self.spoilt = true,
        }
        self
    }

    /// The line to paste, unless a value spoilt it.
    #[must_use]
    pub fn line(self) -> Option<String> {
        (!self.spoilt).then_some(self.line)
    }
}

/// `text` as one word of a POSIX shell (also safe with bash's history expansion).
#[must_use]
pub fn shell_quoted(text: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"_@%+=:,./-".contains(&b);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''")).into()
}

/// Identifies a finding across runs and across edits elsewhere in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub u64);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// One thing that is wrong, where, what PVE does about it, and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Id of the rule that found it; set by the rule engine.
    pub rule: &'static str,
    /// Its level; the rule's own unless the rule lowered it.
    pub level: Level,
    /// Stable name of what it is about, such as `user.cfg: token ci@pve!deploy`.
    pub subject: String,
    /// What is wrong with which object, in one line.
    pub message: String,
    /// Where.
    pub primary: Label,
    /// Further places.
    pub labels: Vec<Label>,
    /// Facts that belong to it.
    pub related: Vec<Related>,
    /// What PVE does about it and what the admin will meet, one thought a line.
    pub consequence: Vec<String>,
    /// How to fix it, best first.
    pub fixes: Vec<Fix>,
    /// Tells findings of one rule on one subject apart.
    pub discriminator: String,
    own_level: Option<Level>,
    ordinal: u32,
}

impl Finding {
    /// A finding about `subject` at `place`. Rule and level are filled in by the rule engine.
    pub fn new(subject: impl Into<String>, place: Place, message: impl Into<String>) -> Self {
        Self {
            rule: "",
            level: Level::Error,
            subject: subject.into(),
            message: message.into(),
            primary: Label { place, text: String::new() },
            labels: Vec::new(),
            related: Vec::new(),
            consequence: Vec::new(),
            fixes: Vec::new(),
            discriminator: String::new(),
            own_level: None,
            ordinal: 0,
        }
    }

    /// What to say under the primary place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.primary.text = text.into();
        self
    }

    /// A further place.
    #[must_use]
    pub fn secondary(mut self, place: Place, text: impl Into<String>) -> Self {
        self.labels.push(Label { place, text: text.into() });
        self
    }

    /// A related fact that stands at `place`.
    #[must_use]
    pub fn related(mut self, place: Place, text: impl Into<String>) -> Self {
        self.related.push(Related { place: Some(place), text: text.into() });
        self
    }

    /// A related fact without a place.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.related.push(Related { place: None, text: text.into() });
        self
    }

    /// A line about what PVE does and what the admin will meet.
    #[must_use]
    pub fn consequence(mut self, text: impl Into<String>) -> Self {
        self.consequence.push(text.into());
        self
    }

    /// The next-best fix: one command. A spoilt command is left out.
    #[must_use]
    pub fn fix_command(self, command: Command) -> Self {
        self.fix_command_when(command, "")
    }

    /// The next-best fix: one command, with a remark that says when to choose it.
    #[must_use]
    pub fn fix_command_when(self, command: Command, remark: &str) -> Self {
        self.fix_commands([command], remark)
    }

    /// The next-best fix: several commands, all of them needed. One spoilt command spoils the fix.
    #[must_use]
    pub fn fix_commands(mut self, commands: impl IntoIterator<Item = Command>, remark: &str) -> Self {
        let commands: Option<Vec<_>> = commands.into_iter().map(Command::line).collect();
        if let Some(commands) = commands.filter(|commands| !commands.is_empty()) {
            self.fixes.push(Fix::Run { commands, remark: remark.to_owned() });
        }
        self
    }

    /// The next-best fix: an edit by hand.
    #[must_use]
    pub fn edit(mut self, text: impl Into<String>) -> Self {
        self.fixes.push(Fix::Edit(text.into()));
        self
    }

    /// Adds `remark` to every fix with commands one of which `concerns`: what must be done before.
    pub(crate) fn remark_on_commands(&mut self, concerns: impl Fn(&str) -> bool, remark: &str) {
        for fix in &mut self.fixes {
            let Fix::Run { commands, remark: told } = fix else { continue };
            if commands.iter().any(|command| concerns(command)) {
                if !told.is_empty() {
                    told.push_str("; ");
                }
                told.push_str(remark);
            }
        }
    }

    /// Another level than the rule's own, where the facts make it more or less certain.
    #[must_use]
    pub fn at_level(mut self, level: Level) -> Self {
        self.own_level = Some(level);
        self
    }

    /// What tells this finding from others of the same rule on the same subject: a name or a value, never a position.
    #[must_use]
    pub fn discriminator(mut self, discriminator: impl Into<String>) -> Self {
        self.discriminator = discriminator.into();
        self
    }

    /// Says that this isn't so yet: only once `release` runs. Its fixes are then for that release.
    #[must_use]
    pub(crate) fn after_upgrade(mut self, release: Release) -> Self {
        self.message = format!("after the upgrade to {release}: {}", self.message);
        if self.fixes.iter().any(|fix| matches!(fix, Fix::Run { .. })) {
            self.consequence
                .push(format!("The commands are for {release}: what is new in it can't be said before the upgrade."));
        }
        self
    }

    /// Says that it is so on `release` only, which nothing tells: no more than a warning.
    pub(crate) fn only_assumed(&mut self, release: Release) {
        self.level = Level::Warning;
        self.consequence
            .push(format!("So it is on {release}, which is assumed here: say with --pve which release this is."));
    }

    /// Fills in what the rule engine knows.
    pub(crate) fn found_by(&mut self, rule: &'static str, level: Level) {
        self.rule = rule;
        self.level = self.own_level.unwrap_or(level);
    }

    /// Numbers findings that would else share a fingerprint, in file order.
    pub(crate) fn set_ordinal(&mut self, ordinal: u32) {
        self.ordinal = ordinal;
    }

    /// A hash (FNV-1a, 64 bit) of rule, subject and discriminator; never of a position or of the message's wording.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = 0xcbf2_9ce4_8422_2325_u64;
        let ordinal = self.ordinal.to_le_bytes();
        for part in [self.rule.as_bytes(), self.subject.as_bytes(), self.discriminator.as_bytes(), &ordinal] {
            for &byte in part.iter().chain(&[0xff]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
        Fingerprint(hash)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{FileId, Span};

    #[test]
    fn values_are_quoted_for_a_shell() {
        let line = Command::new("pveum user token modify").arg("ci@pve").arg("x!y").arg("it's $HOME").line();
        assert_eq!(line.as_deref(), Some(r"pveum user token modify ci@pve 'x!y' 'it'\''s $HOME'"));
    }

    #[test]
    fn a_value_that_cannot_be_pasted_spoils_the_command() {
        for value in [&b"a\nb"[..], b"\xff", b"-rf", b"", b"a\x1b[2J"] {
            assert_eq!(Command::new("pvesm remove").arg(value).line(), None, "{value:?}");
        }
    }

    #[test]
    fn the_fingerprint_does_not_see_positions() {
        let at = |start| Place { file: FileId(0), span: Span::new(start, start + 1) };
        let one = Finding::new("user.cfg: user a@pve", at(1), "x").fingerprint();
        assert_eq!(one, Finding::new("user.cfg: user a@pve", at(9), "worded otherwise").fingerprint());
        assert_ne!(one, Finding::new("user.cfg: user b@pve", at(1), "x").fingerprint());
        assert_ne!(one, Finding::new("user.cfg: user a@pve", at(1), "x").discriminator("keys").fingerprint());
    }
}
