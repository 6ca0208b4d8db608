//! `grammar/profiles/*.toml` -> `profiles.rs`: what integrations and common roles need.

use crate::operations::releases;
use serde::Deserialize;
use std::{error::Error, fmt::Write as _, fs, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Profile {
    id: String,
    name: String,
    category: String,
    source: String,
    date: Option<String>,
    checked: Checked,
    token: Option<String>,
    upgrade: Option<String>,
    #[serde(default)]
    limits: Vec<String>,
    #[serde(default)]
    documented: Vec<Documented>,
    #[serde(default)]
    errata: Vec<Erratum>,
    #[serde(default)]
    minimal: Vec<Minimal>,
    grants: Vec<Grant>,
    #[serde(default)]
    operations: Vec<Operations>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Checked {
    Code,
    Partly,
    Rules,
    No,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Documented {
    path: String,
    #[serde(default)]
    privileges: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default = "base")]
    feature: String,
    #[serde(default = "all_releases")]
    pve: Vec<u8>,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erratum {
    kind: Kind,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default = "all_releases")]
    pve: Vec<u8>,
    text: String,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Unknown,
    Missing,
    Superfluous,
    Path,
    Note,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Minimal {
    path: String,
    privileges: Vec<String>,
    #[serde(default = "all_releases")]
    pve: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    path: String,
    #[serde(default)]
    privileges: Vec<String>,
    #[serde(default)]
    roles: Vec<String>,
    #[serde(default = "all_releases")]
    pve: Vec<u8>,
    #[serde(default = "base")]
    feature: String,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    variant: bool,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    reach: Reach,
    #[serde(default)]
    basis: Basis,
    #[serde(default)]
    unneeded: Vec<String>,
    #[serde(default, rename = "or")]
    others: Vec<Other>,
    note: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Basis {
    #[default]
    Documented,
    Code,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Reach {
    #[default]
    Checked,
    Itself,
    Throughout,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Other {
    path: String,
    privileges: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operations {
    #[serde(default = "base")]
    feature: String,
    ids: Vec<String>,
}

fn base() -> String {
    "base".into()
}

fn all_releases() -> Vec<u8> {
    vec![7, 8, 9]
}

/// Writes `profiles.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(grammar.join("profiles"))? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "toml") {
            files.push(file);
        }
    }
    // By id: `a` before `a-b`, which the full names would put the other way round.
    files.sort_by_key(|file| file.file_stem().map(ToOwned::to_owned));
    let mut rust = String::from("static PROFILES: &[Profile] = &[\n");
    for file in files {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let problem = |e: Box<dyn Error>| format!("profiles/{stem}.toml: {e}");
        let profile: Profile = toml::from_str(&fs::read_to_string(&file)?).map_err(|e| problem(e.into()))?;
        if profile.id != stem {
            return Err(problem("the file isn't called like its id".into()).into());
        }
        profile.write(&mut rust).map_err(problem)?;
    }
    writeln!(rust, "];")?;
    fs::write(out.join("profiles.rs"), rust)?;
    Ok(())
}

impl Profile {
    fn write(&self, rust: &mut String) -> Result<(), Box<dyn Error>> {
        let Self { id, name, category, source, date, checked, token, upgrade, limits, .. } = self;
        writeln!(
            rust,
            "    Profile {{\n        id: {id:?},\n        name: {name:?},\n        category: {category:?},"
        )?;
        writeln!(rust, "        source: {source:?},\n        date: {date:?},\n        checked: Checked::{checked:?},")?;
        writeln!(rust, "        token: {token:?},\n        upgrade: {upgrade:?},\n        limits: &{limits:?},")?;
        writeln!(rust, "        documented: &[")?;
        for Documented { path, privileges, roles, feature, pve, text } in &self.documented {
            if privileges.is_empty() && roles.is_empty() && text.is_none() {
                return Err(format!("nothing is documented on {path}").into());
            }
            write!(rust, "            Documented {{ path: {path:?}, privileges: &{privileges:?}, roles: &{roles:?}, ")?;
            writeln!(rust, "feature: {feature:?}, releases: {}, text: {text:?} }},", releases(pve)?)?;
        }
        writeln!(rust, "        ],\n        errata: &[")?;
        for Erratum { kind, names, pve, text } in &self.errata {
            write!(rust, "            Erratum {{ kind: ErratumKind::{kind:?}, names: &{names:?}, ")?;
            writeln!(rust, "releases: {}, text: {text:?} }},", releases(pve)?)?;
        }
        writeln!(rust, "        ],\n        minimal: &[")?;
        for Minimal { path, privileges, pve } in &self.minimal {
            write!(rust, "            Minimal {{ path: {path:?}, privileges: &{privileges:?}, ")?;
            writeln!(rust, "releases: {} }},", releases(pve)?)?;
        }
        writeln!(rust, "        ],\n        grants: &[")?;
        for grant in &self.grants {
            let Grant {
                path, privileges, roles, feature, optional, variant, also, reach, basis, unneeded, note, ..
            } = grant;
            if privileges.is_empty() && roles.is_empty() {
                return Err(format!("nothing is granted on {path}").into());
            }
            if feature == "base" && *optional {
                return Err(format!("the base isn't optional: {path}").into());
            }
            if *variant && !*optional {
                return Err(format!("another way isn't needed by all: {path}").into());
            }
            if let Some(other) = also.iter().find(|other| !self.grants.iter().any(|grant| grant.feature == **other)) {
                return Err(format!("no feature is called {other}").into());
            }
            write!(rust, "            Grant {{ path: {path:?}, privileges: &{privileges:?}, roles: &{roles:?}, ")?;
            write!(rust, "releases: {}, feature: {feature:?}, optional: {optional}, ", releases(&grant.pve)?)?;
            write!(rust, "variant: {variant}, also: &{also:?}, reach: Reach::{reach:?}, ")?;
            write!(rust, "basis: Basis::{basis:?}, unneeded: &{unneeded:?}, note: {note:?}, or: &[")?;
            for Other { path, privileges } in &grant.others {
                write!(rust, "Other {{ path: {path:?}, privileges: &{privileges:?} }}, ")?;
            }
            writeln!(rust, "] }},")?;
        }
        writeln!(rust, "        ],\n        operations: &[")?;
        for Operations { feature, ids } in &self.operations {
            writeln!(rust, "            Operations {{ feature: {feature:?}, ids: &{ids:?} }},")?;
        }
        writeln!(rust, "        ],\n    }},")?;
        Ok(())
    }
}
