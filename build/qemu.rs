//! `grammar/guests/qemu.toml` -> the tables of `src/model/tables/qemu.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::place::Texts;
use crate::property::{Variants, property, upper};
use crate::releases::{known, oldest};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grammar {
    cpu: BTreeMap<String, Vec<String>>,
    option: BTreeMap<String, Variants>,
    indexed: BTreeMap<String, Variants>,
    schema: BTreeMap<String, BTreeMap<String, Variants>>,
}

/// Writes `qemu.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let grammar: Grammar = toml::from_str(&fs::read_to_string(grammar.join("guests/qemu.toml"))?)?;
    let mut code = String::new();
    for (name, properties) in &grammar.schema {
        let validate = if name == "cpu" { "Some(check::cpu)" } else { "None" };
        writeln!(code, "/// The property string of `{name}`.")?;
        writeln!(
            code,
            "pub static {}: Schema = Schema {{ name: {name:?}, validate: {validate}, properties: &[",
            upper(name)
        )?;
        for (key, variants) in properties {
            for variant in variants.all() {
                writeln!(code, "    {},", property(key, variant)?)?;
            }
        }
        writeln!(code, "] }};")?;
    }
    for (list, name, doc) in [
        (&grammar.option, "SINGLE", "Options without a number, by name."),
        (&grammar.indexed, "INDEXED", "Options with a number behind the name, by name."),
    ] {
        writeln!(code, "/// {doc}\npub static {name}: &[(&str, &[GuestOption])] = &[")?;
        for (key, variants) in list {
            write!(code, "    ({key:?}, &[")?;
            for variant in variants.all() {
                let family =
                    variant.count.map_or("Family::Single".to_owned(), |count| format!("Family::Indexed({count})"));
                let property = property(key, variant)?;
                write!(code, "GuestOption {{ property: {property}, family: {family}, absent: None, start: false }}, ")?;
            }
            writeln!(code, "]),")?;
        }
        writeln!(code, "];")?;
    }
    for what in ["models", "flags"] {
        let mut lists = Vec::new();
        for &release in known() {
            // A list holds until there is another.
            let of = |release| grammar.cpu.get(&format!("{what}-{release}"));
            let list = (oldest()..=release).rev().find_map(of).ok_or_else(|| format!("qemu.toml: no {what}"))?;
            lists.push(texts.list(list));
        }
        let lists = lists.join(", ");
        writeln!(code, "static CPU_{}: PerRelease<List<Text>> = PerRelease([{lists}]);", upper(what))?;
    }
    fs::write(out.join("qemu.rs"), code)?;
    Ok(())
}
