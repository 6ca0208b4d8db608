//! `grammar/operations.toml` -> `operations.rs`: the catalogue of operations, and an index of all their names.

use crate::place::{Pool, Texts};
use crate::releases::Pve;
use serde::Deserialize;
use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Catalogue {
    parameters: BTreeMap<String, About>,
    sets: BTreeMap<String, Vec<Check>>,
    operation: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct About {
    about: String,
    default: Option<String>,
    default_with: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    id: String,
    aliases: Vec<String>,
    title: String,
    cli: Option<String>,
    api: String,
    #[serde(default = "all_releases")]
    pve: Pve,
    #[serde(default)]
    root_only: Pve,
    #[serde(default = "yes")]
    tokens: bool,
    checks: Vec<Entry>,
    note: Option<String>,
    source: String,
}

/// A check, or the name of a set of them.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    Use(Use),
    Check(Box<Check>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Use {
    #[serde(rename = "use")]
    set: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    path: String,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    pool: bool,
    #[serde(default)]
    body: bool,
    when: Option<String>,
    #[serde(default)]
    pve: Pve,
    #[serde(default, rename = "or")]
    others: Vec<Alternative>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Alternative {
    path: String,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    when: Option<String>,
}

fn all_releases() -> Pve {
    Pve::all()
}

fn yes() -> bool {
    true
}

/// Writes `operations.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let text = fs::read_to_string(grammar.join("operations.toml"))?;
    let catalogue: Catalogue = toml::from_str(&text).map_err(|e| format!("operations.toml: {e}"))?;
    let mut rust = String::from("static OPERATIONS: &[Operation] = &[\n");
    let mut names = BTreeMap::new();
    let mut lists = Lists::default();
    for (index, operation) in catalogue.operation.iter().enumerate() {
        for name in operation.aliases.iter().chain([&operation.id]) {
            if names.insert(name, index).is_some() {
                return Err(format!("operations.toml: two operations are called {name}").into());
            }
        }
        catalogue
            .write(operation, texts, &mut lists, &mut rust)
            .map_err(|e| format!("operations.toml, operation {}: {e}", operation.id))?;
    }
    if !catalogue.operation.is_sorted_by_key(|row| &row.id) {
        return Err("operations.toml: operations aren't sorted by id".into());
    }
    writeln!(rust, "];\n\nstatic NAMES: &[(Text, usize)] = &[")?;
    for (name, index) in names {
        writeln!(rust, "    ({}, {index}),", texts.text(name))?;
    }
    writeln!(rust, "];\n")?;
    lists.parameters.write("Parameter", &mut rust)?;
    lists.checks.write("Check", &mut rust)?;
    lists.alternatives.write("Alternative", &mut rust)?;
    fs::write(out.join("operations.rs"), rust)?;
    Ok(())
}

/// The elements of the operations' lists.
#[derive(Default)]
struct Lists {
    parameters: Pool,
    checks: Pool,
    alternatives: Pool,
}

impl Catalogue {
    fn write(
        &self,
        row: &Operation,
        texts: &mut Texts,
        lists: &mut Lists,
        rust: &mut String,
    ) -> Result<(), Box<dyn Error>> {
        let mut checks = Vec::new();
        for entry in &row.checks {
            match entry {
                Entry::Check(check) => checks.push(&**check),
                Entry::Use(Use { set }) => {
                    checks.extend(self.sets.get(set).ok_or_else(|| format!("no set is called {set}"))?);
                }
            }
        }
        // A set may know more releases than the operation that uses it.
        let checks: Vec<(&Check, Vec<u8>)> = checks
            .into_iter()
            .map(|check| {
                let applies = |release: &u8| check.pve.is_empty() || check.pve.contains(release);
                (check, row.pve.iter().copied().filter(applies).collect::<Vec<u8>>())
            })
            .filter(|(_, pve)| !pve.is_empty())
            .collect();
        let (method, api) = row.api.split_once(' ').ok_or("api isn't METHOD PATH")?;
        writeln!(rust, "    Operation {{")?;
        writeln!(rust, "        id: {}, aliases: {},", texts.text(&row.id), texts.list(&row.aliases))?;
        writeln!(rust, "        title: {}, cli: {},", texts.text(&row.title), texts.maybe(row.cli.as_ref()))?;
        writeln!(rust, "        method: {}, api: {},", texts.text(method), texts.text(api))?;
        writeln!(
            rust,
            "        releases: {}, root_only: {},",
            texts.releases(&row.pve)?,
            texts.releases(&row.root_only)?
        )?;
        writeln!(rust, "        tokens_allowed: {}, note: {},", row.tokens, texts.maybe(row.note.as_ref()))?;
        writeln!(rust, "        source: {},", texts.text(&row.source))?;
        let named = parameters(&checks)?;
        let mut parameters = Vec::new();
        for (name, required) in &named {
            let known = self.parameters.get(*name).ok_or_else(|| format!("nothing says what {{{name}}} is"))?;
            // A NIC is on localnetwork unless told otherwise; a zone that is to be changed has to be named.
            let beside = known.default_with.as_deref();
            let applies = beside.is_none_or(|other| named.iter().any(|(name, _)| *name == other));
            let default = texts.maybe(known.default.as_ref().filter(|_| applies));
            let (name, about) = (texts.text(name), texts.text(&known.about));
            parameters.push(format!(
                "Parameter {{ name: {name}, about: {about}, default: {default}, required: {required} }}"
            ));
        }
        writeln!(rust, "        parameters: {},", lists.parameters.list(parameters))?;
        let checks = checks.iter().map(|(check, pve)| check.write(pve, texts, &mut lists.alternatives));
        let checks = checks.collect::<Result<_, _>>()?;
        writeln!(rust, "        checks: {},\n    }},", lists.checks.list(checks))?;
        Ok(())
    }
}

impl Check {
    fn write(&self, pve: &[u8], texts: &mut Texts, alternatives: &mut Pool) -> Result<String, Box<dyn Error>> {
        let (mode, privileges) = privileges(&self.all, &self.any)?;
        let others = self.others.iter().map(|other| other.write(texts)).collect::<Result<_, _>>()?;
        Ok(format!(
            "Check {{ path: {}, mode: Mode::{mode}, privileges: {}, or_pool: {}, in_body: {}, releases: {}, \
             when: {}, note: {}, or: {} }}",
            texts.text(&self.path),
            texts.list(privileges),
            self.pool,
            self.body,
            texts.releases(pve)?,
            texts.maybe(self.when.as_ref()),
            texts.maybe(self.note.as_ref()),
            alternatives.list(others),
        ))
    }
}

impl Alternative {
    fn write(&self, texts: &mut Texts) -> Result<String, Box<dyn Error>> {
        let (mode, privileges) = privileges(&self.all, &self.any)?;
        let (path, privileges) = (texts.text(&self.path), texts.list(privileges));
        let when = texts.maybe(self.when.as_ref());
        Ok(format!("Alternative {{ path: {path}, mode: Mode::{mode}, privileges: {privileges}, when: {when} }}"))
    }
}

/// The names in braces of these checks, in the order of their first use; true when a check that always applies has it.
fn parameters<'c>(checks: &[(&'c Check, Vec<u8>)]) -> Result<Vec<(&'c str, bool)>, Box<dyn Error>> {
    let mut found: Vec<(&str, bool)> = Vec::new();
    let mut add = |name, required| match found.iter_mut().find(|(known, _)| *known == name) {
        Some((_, needed)) => *needed |= required,
        None => found.push((name, required)),
    };
    for (check, _) in checks {
        for name in placeholders(&check.path)? {
            add(name, check.when.is_none());
        }
        if check.pool {
            add("pool", false);
        }
        for other in &check.others {
            for name in placeholders(&other.path)? {
                add(name, false);
            }
        }
    }
    Ok(found)
}

fn placeholders(path: &str) -> Result<Vec<&str>, Box<dyn Error>> {
    let parts = path.split('{').skip(1);
    parts
        .map(|part| {
            part.split_once('}').map(|(name, _)| name).ok_or_else(|| format!("{path}: a brace stays open").into())
        })
        .collect()
}

/// The name of the mode, and the privileges.
fn privileges<'c>(all: &'c [String], any: &'c [String]) -> Result<(&'static str, &'c [String]), Box<dyn Error>> {
    match (all, any) {
        ([_, ..], []) => Ok(("All", all)),
        ([], [_, ..]) => Ok(("Any", any)),
        _ => Err("a check has either `all` or `any`".into()),
    }
}
