//! `grammar/sections/*.toml` -> the tables of `src/model/tables/section.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::property::{Variants, property, upper};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    file: String,
    header: String,
    id: String,
    type_case: String,
    #[serde(default)]
    isolated: bool,
    since: Option<u8>,
    r#type: BTreeMap<String, Type>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Type {
    since: Option<u8>,
    until: Option<u8>,
    #[serde(default)]
    property: BTreeMap<String, Variants>,
}

/// Writes `section.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let folder = grammar.join("sections");
    let schemas: BTreeMap<String, BTreeMap<String, Variants>> =
        toml::from_str(&fs::read_to_string(folder.join("schemas.toml"))?)?;
    let mut code = String::new();
    for (name, properties) in &schemas {
        let validate = if name == "backup-fleecing" { "Some(check::fleecing)" } else { "None" };
        writeln!(
            code,
            "static {}: Schema = Schema {{ name: {name:?}, validate: {validate}, properties: &[",
            upper(name)
        )?;
        list(&mut code, properties)?;
        writeln!(code, "] }};")?;
    }
    let mut paths: Vec<_> =
        fs::read_dir(&folder)?.collect::<Result<Vec<_>, _>>()?.iter().map(fs::DirEntry::path).collect();
    paths.sort();
    let mut all = String::new();
    for path in paths.iter().filter(|path| !path.ends_with("schemas.toml")) {
        let file: File =
            toml::from_str(&fs::read_to_string(path)?).map_err(|error| format!("{}: {error}", path.display()))?;
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        let constant = upper(name);
        let part = |part: &str| {
            let mut letters = part.chars();
            letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
        };
        let camel = |word: &str| word.split('-').map(part).collect::<String>();
        writeln!(code, "/// `{}`.\npub static {constant}: SectionSpec = SectionSpec {{", file.file)?;
        writeln!(
            code,
            "    file: {:?}, header: HeaderForm::{}, id: IdForm::{},",
            file.file,
            camel(&file.header),
            camel(&file.id)
        )?;
        writeln!(
            code,
            "    lower_types: {}, isolated: {}, since: Release::Pve{},",
            file.type_case == "lower",
            file.isolated,
            file.since.unwrap_or(7)
        )?;
        writeln!(code, "    types: &[")?;
        for (name, one) in &file.r#type {
            let (since, until) = (one.since.unwrap_or(7), one.until.unwrap_or(9));
            writeln!(
                code,
                "        SectionType {{ name: {name:?}, since: Release::Pve{since}, until: Release::Pve{until}, properties: &["
            )?;
            list(&mut code, &one.property)?;
            writeln!(code, "        ] }},")?;
        }
        writeln!(code, "    ],\n}};")?;
        write!(all, "&{constant}, ")?;
    }
    writeln!(
        code,
        "/// Every file of sections but storage.cfg, by the names of their tables.\npub static FILES: &[&SectionSpec] = &[{all}];"
    )?;
    fs::write(out.join("section.rs"), code)?;
    Ok(())
}

fn list(code: &mut String, properties: &BTreeMap<String, Variants>) -> Result<(), Box<dyn Error>> {
    for (key, variants) in properties {
        for variant in variants.all() {
            writeln!(code, "            {},", property(key, variant)?)?;
        }
    }
    Ok(())
}
