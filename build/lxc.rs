//! `grammar/lxc.toml` -> the tables of `src/model/tables/lxc.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::place::Texts;
use crate::property::{Property, Variants, property, upper};
use crate::releases::oldest;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grammar {
    option: BTreeMap<String, Property>,
    indexed: BTreeMap<String, Indexed>,
    schema: BTreeMap<String, BTreeMap<String, Variants>>,
    raw: Raw,
    lxc: Lxc,
    values: Values,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Indexed {
    count: u16,
    schema: String,
    since: Option<u8>,
    appeared: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Raw {
    keys: Vec<String>,
    keys_since_9: Vec<String>,
    prefixes: Vec<String>,
    rejected: BTreeMap<String, String>,
    renamed: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Lxc {
    keys: Vec<String>,
    keys_since_9: Vec<String>,
    prefixes: Vec<String>,
    net_keys: Vec<String>,
    architectures: Vec<String>,
    resources: Vec<String>,
    capabilities: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Values {
    ostypes_beyond_enum: Vec<String>,
    timezones: Vec<String>,
}

/// Writes `lxc.rs` into `out`.
pub(crate) fn generate(grammar_dir: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let grammar: Grammar = toml::from_str(&fs::read_to_string(grammar_dir.join("lxc.toml"))?)?;
    let mut code = String::new();
    for (name, properties) in &grammar.schema {
        writeln!(code, "/// The property string of `{name}`.")?;
        writeln!(
            code,
            "pub static {}: Schema = Schema {{ name: {name:?}, validate: None, properties: &[",
            upper(name)
        )?;
        for (key, variants) in properties {
            for variant in variants.all() {
                writeln!(code, "    {},", property(key, variant)?)?;
            }
        }
        writeln!(code, "] }};")?;
    }
    options(&mut code, &grammar)?;
    raw(&mut code, &grammar, texts)?;
    for (name, doc, list) in [
        ("ARCHITECTURES", "Values of `lxc.arch` that LXC knows.", &grammar.lxc.architectures),
        ("RESOURCES", "What may follow `lxc.prlimit.`.", &grammar.lxc.resources),
        ("CAPABILITIES", "Values of `lxc.cap.drop` and `lxc.cap.keep`.", &grammar.lxc.capabilities),
        ("NET_KEYS", "What may follow `lxc.net.<number>.`.", &grammar.lxc.net_keys),
        (
            "OSTYPES_BEYOND_ENUM",
            "Values of `ostype` that PVE writes although its own list lacks them.",
            &grammar.values.ostypes_beyond_enum,
        ),
        ("TIMEZONES", "Names in `zone.tab`, sorted.", &grammar.values.timezones),
    ] {
        let mut list = list.clone();
        list.sort();
        writeln!(code, "/// {doc}\npub static {name}: List<Text> = {};", texts.list(&list))?;
    }
    fs::write(out.join("lxc.rs"), code)?;
    Ok(())
}

fn options(code: &mut String, grammar: &Grammar) -> Result<(), Box<dyn Error>> {
    let mut arms = String::new();
    let mut all = String::new();
    let mut entry = |code: &mut String,
                     name: &str,
                     family: &str,
                     property_code: &str,
                     absent: &Option<String>,
                     start: bool| {
        let constant = upper(name);
        writeln!(
            code,
            "static OPTION_{constant}: GuestOption = GuestOption {{ property: {property_code}, family: {family}, absent: {absent:?}, start: {start} }};"
        )?;
        write!(all, "&OPTION_{constant}, ")?;
        Ok::<_, std::fmt::Error>(constant)
    };
    for (name, option) in &grammar.option {
        let constant = entry(code, name, "Family::Single", &property(name, option)?, &option.absent, option.start)?;
        writeln!(arms, "        b{name:?} => &OPTION_{constant},")?;
    }
    let mut families = String::new();
    for (name, indexed) in &grammar.indexed {
        let property_code = property(
            name,
            &Property {
                schema: Some(indexed.schema.clone()),
                since: indexed.since,
                appeared: indexed.appeared.clone(),
                ..Property::default()
            },
        )?;
        let family = format!("Family::Indexed({})", indexed.count);
        let constant = entry(code, name, &family, &property_code, &None, false)?;
        writeln!(families, "        b{name:?} => &OPTION_{constant},")?;
    }
    writeln!(code, "/// Every option, indexed ones once.\npub static OPTIONS: &[&GuestOption] = &[{all}];")?;
    for (name, doc, arms) in [
        ("single", "The option named `key`, in any release; not for indexed ones.", arms),
        ("indexed", "The indexed option that `name`, without its number, belongs to.", families),
    ] {
        writeln!(
            code,
            "/// {doc}\n#[must_use]\npub fn {name}(name: &[u8]) -> Option<&'static GuestOption> {{\n    Some(match name {{\n{arms}        _ => return None,\n    }})\n}}"
        )?;
    }
    Ok(())
}

fn raw(code: &mut String, grammar: &Grammar, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let Raw { keys, keys_since_9, prefixes, rejected, renamed } = &grammar.raw;
    writeln!(code, "fn raw_exact(key: &[u8]) -> Option<RawKey> {{\n    Some(match key {{")?;
    for (old, new) in renamed {
        writeln!(code, "        b{old:?} => RawKey::Renamed({new:?}),")?;
    }
    for (key, why) in rejected {
        writeln!(code, "        b{key:?} => RawKey::Rejected({why:?}),")?;
    }
    for (list, since) in [(keys, oldest()), (keys_since_9, 9)] {
        for key in list {
            writeln!(code, "        b{key:?} => RawKey::Since(Release::Pve{since}),")?;
        }
    }
    writeln!(code, "        _ => return None,\n    }})\n}}")?;
    let all: Vec<_> = keys.iter().chain(keys_since_9).cloned().collect();
    writeln!(
        code,
        "/// The `lxc.*` keys that PVE hands on to LXC, of all releases; without those that have a prefix."
    )?;
    writeln!(code, "pub static RAW_KEYS: List<Text> = {};", texts.list(&all))?;
    writeln!(code, "static RAW_PREFIXES: List<Text> = {};", texts.list(prefixes))?;
    writeln!(code, "static LXC_PREFIXES: List<Text> = {};", texts.list(&grammar.lxc.prefixes))?;
    writeln!(code, "fn lxc_exact(key: &[u8]) -> Option<Release> {{\n    Some(match key {{")?;
    for (list, since) in [(&grammar.lxc.keys, oldest()), (&grammar.lxc.keys_since_9, 9)] {
        for key in list {
            writeln!(code, "        b{key:?} => Release::Pve{since},")?;
        }
    }
    writeln!(code, "        _ => return None,\n    }})\n}}")?;
    Ok(())
}
