//! `grammar/profiles/*.toml` -> `profiles.rs`: what integrations and common roles need.

use crate::place::{Pool, Texts};
use crate::releases::Pve;
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
    pve: Pve,
    text: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erratum {
    kind: Kind,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default = "all_releases")]
    pve: Pve,
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
    pve: Pve,
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
    pve: Pve,
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

fn all_releases() -> Pve {
    Pve::all()
}

/// Writes `profiles.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
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
    let mut lists = Lists::default();
    for file in files {
        let stem = file.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let problem = |e: Box<dyn Error>| format!("profiles/{stem}.toml: {e}");
        let profile: Profile = toml::from_str(&fs::read_to_string(&file)?).map_err(|e| problem(e.into()))?;
        if profile.id != stem {
            return Err(problem("the file isn't called like its id".into()).into());
        }
        profile.write(texts, &mut lists, &mut rust).map_err(problem)?;
    }
    writeln!(rust, "];\n")?;
    lists.documented.write("Documented", &mut rust)?;
    lists.errata.write("Erratum", &mut rust)?;
    lists.minimal.write("Minimal", &mut rust)?;
    lists.grants.write("Grant", &mut rust)?;
    lists.others.write("Other", &mut rust)?;
    lists.operations.write("Operations", &mut rust)?;
    fs::write(out.join("profiles.rs"), rust)?;
    Ok(())
}

/// The elements of the profiles' lists.
#[derive(Default)]
struct Lists {
    documented: Pool,
    errata: Pool,
    minimal: Pool,
    grants: Pool,
    others: Pool,
    operations: Pool,
}

type Fallible<T> = Result<T, Box<dyn Error>>;

impl Profile {
    fn write(&self, texts: &mut Texts, lists: &mut Lists, rust: &mut String) -> Fallible<()> {
        let Self { id, name, category, source, date, checked, token, upgrade, limits, .. } = self;
        writeln!(rust, "    Profile {{")?;
        writeln!(rust, "        id: {}, name: {},", texts.text(id), texts.text(name))?;
        writeln!(rust, "        category: {}, source: {},", texts.text(category), texts.text(source))?;
        writeln!(rust, "        date: {}, checked: Checked::{checked:?},", texts.maybe(date.as_ref()))?;
        writeln!(rust, "        token: {}, upgrade: {},", texts.maybe(token.as_ref()), texts.maybe(upgrade.as_ref()))?;
        let documented = self.documented.iter().map(|entry| entry.write(texts)).collect::<Fallible<_>>()?;
        let documented = lists.documented.list(documented);
        writeln!(rust, "        limits: {}, documented: {documented},", texts.list(limits))?;
        let errata = self.errata.iter().map(|erratum| erratum.write(texts)).collect::<Fallible<_>>()?;
        let minimal = self.minimal.iter().map(|minimal| minimal.write(texts)).collect::<Fallible<_>>()?;
        let (errata, minimal) = (lists.errata.list(errata), lists.minimal.list(minimal));
        writeln!(rust, "        errata: {errata}, minimal: {minimal},")?;
        let mut grants = Vec::new();
        for grant in &self.grants {
            if let Some(other) =
                grant.also.iter().find(|other| !self.grants.iter().any(|grant| grant.feature == **other))
            {
                return Err(format!("no feature is called {other}").into());
            }
            grants.push(grant.write(texts, &mut lists.others)?);
        }
        let operations = self.operations.iter().map(|operations| operations.write(texts)).collect();
        let (grants, operations) = (lists.grants.list(grants), lists.operations.list(operations));
        writeln!(rust, "        grants: {grants}, operations: {operations},\n    }},")?;
        Ok(())
    }
}

impl Documented {
    fn write(&self, texts: &mut Texts) -> Fallible<String> {
        let Self { path, privileges, roles, feature, pve, text } = self;
        if privileges.is_empty() && roles.is_empty() && text.is_none() {
            return Err(format!("nothing is documented on {path}").into());
        }
        Ok(format!(
            "Documented {{ path: {}, privileges: {}, roles: {}, feature: {}, releases: {}, text: {} }}",
            texts.text(path),
            texts.list(privileges),
            texts.list(roles),
            texts.text(feature),
            texts.releases(pve)?,
            texts.maybe(text.as_ref()),
        ))
    }
}

impl Erratum {
    fn write(&self, texts: &mut Texts) -> Fallible<String> {
        let (kind, names, text) = (self.kind, texts.list(&self.names), texts.text(&self.text));
        let releases = texts.releases(&self.pve)?;
        Ok(format!("Erratum {{ kind: ErratumKind::{kind:?}, names: {names}, releases: {releases}, text: {text} }}"))
    }
}

impl Minimal {
    fn write(&self, texts: &mut Texts) -> Fallible<String> {
        let (path, privileges) = (texts.text(&self.path), texts.list(&self.privileges));
        let releases = texts.releases(&self.pve)?;
        Ok(format!("Minimal {{ path: {path}, privileges: {privileges}, releases: {releases} }}"))
    }
}

impl Grant {
    fn write(&self, texts: &mut Texts, others: &mut Pool) -> Fallible<String> {
        let Self { path, privileges, roles, feature, optional, variant, also, reach, basis, unneeded, note, .. } = self;
        if privileges.is_empty() && roles.is_empty() {
            return Err(format!("nothing is granted on {path}").into());
        }
        if feature == "base" && *optional {
            return Err(format!("the base isn't optional: {path}").into());
        }
        if *variant && !*optional {
            return Err(format!("another way isn't needed by all: {path}").into());
        }
        let or = self.others.iter().map(|other| {
            let (path, privileges) = (texts.text(&other.path), texts.list(&other.privileges));
            format!("Other {{ path: {path}, privileges: {privileges} }}")
        });
        let or = others.list(or.collect());
        Ok(format!(
            "Grant {{ path: {}, privileges: {}, roles: {}, releases: {}, feature: {}, optional: {optional}, \
             variant: {variant}, also: {}, reach: Reach::{reach:?}, basis: Basis::{basis:?}, unneeded: {}, note: {}, or: {or} }}",
            texts.text(path),
            texts.list(privileges),
            texts.list(roles),
            texts.releases(&self.pve)?,
            texts.text(feature),
            texts.list(also),
            texts.list(unneeded),
            texts.maybe(note.as_ref()),
        ))
    }
}

impl Operations {
    fn write(&self, texts: &mut Texts) -> String {
        format!("Operations {{ feature: {}, ids: {} }}", texts.text(&self.feature), texts.list(&self.ids))
    }
}
