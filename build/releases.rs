//! `grammar/releases.toml` -> the releases of PVE; and which of them an entry of the other tables is about.

use serde::{Deserialize, Deserializer, de::Error as _};
use std::collections::BTreeMap;
use std::sync::OnceLock;
use std::{error::Error, fmt::Write as _, fs, ops::Deref, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    release: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    major: u8,
    packages: BTreeMap<String, String>,
}

static KNOWN: OnceLock<Vec<u8>> = OnceLock::new();

/// The releases that are known, oldest first; none before [`generate`] has read them.
pub(crate) fn known() -> &'static [u8] {
    KNOWN.get().map(Vec::as_slice).unwrap_or_default()
}

pub(crate) fn oldest() -> u8 {
    known().first().copied().unwrap_or_default()
}

pub(crate) fn newest() -> u8 {
    known().last().copied().unwrap_or_default()
}

/// Releases of an entry: `8..`, `..8`, `7..8`, `8`, `all`, or a list.
#[derive(Clone, Default)]
pub(crate) struct Pve(pub(crate) Vec<u8>);

impl Pve {
    /// What an entry is about that doesn't say.
    pub(crate) fn all() -> Self {
        Self(known().to_vec())
    }
}

impl Deref for Pve {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Pve {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Range(String),
            List(Vec<u8>),
        }
        match Form::deserialize(deserializer)? {
            Form::List(list) => Ok(Self(list)),
            Form::Range(text) => {
                let [since, until] = range(&text).map_err(D::Error::custom)?;
                Ok(Self(known().iter().copied().filter(|release| (since..=until).contains(release)).collect()))
            }
        }
    }
}

/// Reads `8..`, `..8`, `7..8`, `8`; all releases where `text` is `all`.
pub(crate) fn range(text: &str) -> Result<[u8; 2], Box<dyn Error>> {
    let number = |text: &str, open: u8| if text.is_empty() { Ok(open) } else { text.parse::<u8>() };
    let [since, until] = match text.split_once("..") {
        _ if text == "all" => [oldest(), newest()],
        Some((since, until)) => [number(since, oldest())?, number(until, newest())?],
        None => [text.parse()?; 2],
    };
    if since > until || !known().contains(&since) || !known().contains(&until) {
        return Err(format!("{text} is no range of releases").into());
    }
    Ok([since, until])
}

/// Reads the releases and writes `releases.rs`. The other tables come after it.
pub(crate) fn generate(grammar: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let Tables { release: rows } = toml::from_str(&fs::read_to_string(grammar.join("releases.toml"))?)?;
    let majors: Vec<u8> = rows.iter().map(|row| row.major).collect();
    let is_sorted = majors.windows(2).all(|pair| matches!(pair, [a, b] if *b == a + 1));
    let ([oldest, ..], [.., newest], true) = (majors.as_slice(), majors.as_slice(), is_sorted) else {
        return Err("releases.toml: releases follow each other without a gap".into());
    };
    let mut code =
        "/// A major release of Proxmox VE, in the state of its last packages known here (`grammar/releases.toml`).\n\
                    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Release {\n"
            .to_owned();
    for Row { major, packages } in &rows {
        let packages: Vec<_> = packages.iter().map(|(name, version)| format!("{name} {version}")).collect();
        writeln!(code, "    /// PVE {major} ({}).\n    Pve{major},", packages.join(", "))?;
    }
    let words: Vec<_> = majors.iter().map(u8::to_string).collect();
    let list = |last: &str| match words.as_slice() {
        [one] => one.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
        [] => String::new(),
    };
    let variants: Vec<_> = majors.iter().map(|major| format!("Self::Pve{major}")).collect();
    writeln!(
        code,
        "}}\n\nimpl Release {{\n    /// How many there are.\n    pub const COUNT: usize = {};\n\n    \
         /// All of them, oldest first.\n    pub const ALL: [Self; Self::COUNT] = [{}];\n\n    \
         /// The oldest of them.\n    pub const OLDEST: Self = Self::Pve{oldest};\n\n    \
         /// The newest of them.\n    pub const LATEST: Self = Self::Pve{newest};\n\n    \
         /// Their numbers, for a sentence about all.\n    pub const AND: &str = {:?};\n\n    \
         /// Their numbers, for a choice.\n    pub const OR: &str = {:?};\n\n    \
         /// The major number: 9 of PVE 9.\n    #[must_use]\n    pub const fn major(self) -> u8 {{\n        self as u8 + {oldest}\n    }}\n}}",
        majors.len(),
        variants.join(", "),
        list("and"),
        list("or"),
    )?;
    fs::write(out.join("releases.rs"), code)?;
    // The tables of an invented release come after the real ones in a test, never at the same time.
    match KNOWN.set(majors.clone()) {
        Err(_) if known() != majors => Err("releases.toml was read already, and said something else".into()),
        _ => Ok(()),
    }
}
