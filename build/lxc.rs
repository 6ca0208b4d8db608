//! `grammar/lxc.toml` -> the tables of `src/model/tables/lxc.rs`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::place::Texts;
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
#[serde(untagged)]
enum Variants {
    One(Box<Property>),
    Many(Vec<Property>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Property {
    r#type: Option<String>,
    schema: Option<String>,
    format: Option<String>,
    pattern: Option<String>,
    #[serde(default)]
    values: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
    max_length: Option<usize>,
    default: Option<String>,
    absent: Option<String>,
    #[serde(default)]
    start: bool,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    default_key: bool,
    since: Option<u8>,
    until: Option<u8>,
    appeared: Option<String>,
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
pub(crate) fn generate(out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let grammar: Grammar = toml::from_str(&fs::read_to_string("grammar/lxc.toml")?)?;
    let mut code = String::new();
    for (name, properties) in &grammar.schema {
        writeln!(code, "/// The property string of `{name}`.")?;
        writeln!(
            code,
            "pub static {}: Schema = Schema {{ name: {name:?}, validate: None, properties: &[",
            upper(name)
        )?;
        for (key, variants) in properties {
            let variants = match variants {
                Variants::One(one) => std::slice::from_ref(&**one),
                Variants::Many(many) => many,
            };
            for variant in variants {
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
                r#type: None,
                format: None,
                pattern: None,
                values: Vec::new(),
                min: None,
                max: None,
                max_length: None,
                default: None,
                absent: None,
                start: false,
                required: false,
                default_key: false,
                until: None,
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
    for (list, since) in [(keys, "Pve7"), (keys_since_9, "Pve9")] {
        for key in list {
            writeln!(code, "        b{key:?} => RawKey::Since(Release::{since}),")?;
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
    for (list, since) in [(&grammar.lxc.keys, "Pve7"), (&grammar.lxc.keys_since_9, "Pve9")] {
        for key in list {
            writeln!(code, "        b{key:?} => Release::{since},")?;
        }
    }
    writeln!(code, "        _ => return None,\n    }})\n}}")?;
    Ok(())
}

fn property(name: &str, property: &Property) -> Result<String, Box<dyn Error>> {
    let base = match property.r#type.as_deref() {
        None | Some("string") => "STRING",
        Some("boolean") => "BOOLEAN",
        Some("integer") => "INTEGER",
        Some("number") => "NUMBER",
        Some(other) => return Err(format!("{name}: no type {other}").into()),
    };
    let mut code = format!("Property {{ name: {name:?}");
    if let Some(schema) = &property.schema {
        write!(code, ", format: Some(Format::Props(&{}))", upper(schema))?;
    }
    if let Some(format) = &property.format {
        let (kind, one) = match format.strip_suffix("-list") {
            Some(one) => ("List", one),
            None => ("One", format.as_str()),
        };
        let function = match one {
            "disk-size" => "format::disk_size",
            "dns-name" => "format::dns_name",
            "ipv4" => "format::ipv4",
            "ipv6" => "format::ipv6",
            "mac-addr" => "format::mac_addr",
            "pve-configid" => "format::config_id",
            "pve-ipv4-config" => "format::ipv4_config",
            "pve-ipv6-config" => "format::ipv6_config",
            "pve-startup-order" => "format::startup",
            "pve-tag" => "format::tag",
            "pve-volume-id" => "format::volume_id",
            "lxc-ip-with-ll-iface" => "check::nameserver",
            "pve-ct-timezone" => "check::timezone",
            "pve-lxc-dev-string" => "check::device_path",
            "pve-lxc-mp-string" => "check::mount_path",
            other => return Err(format!("{name}: no format {other}").into()),
        };
        write!(code, ", format: Some(Format::{kind}({function}))")?;
    }
    if let Some(pattern) = &property.pattern {
        let function = match pattern.as_str() {
            "environment" => "check::is_environment",
            "file-mode" => "check::is_file_mode",
            "file-systems" => "check::is_file_systems",
            "interface" => "format::is_bridge_name",
            "mount-idmap" => "check::is_mount_idmap",
            "mount-options" => "check::is_mount_options",
            "mount-options-7" => "check::is_mount_options_7",
            "printable" => "check::is_printable",
            "vlan-list" => "check::is_vlan_list",
            other => return Err(format!("{name}: no pattern {other}").into()),
        };
        write!(code, ", pattern: Some({function})")?;
    }
    if !property.values.is_empty() {
        write!(code, ", values: &{:?}", property.values)?;
    }
    for (field, value) in [("min", property.min), ("max", property.max)] {
        if let Some(value) = value {
            write!(code, ", {field}: Some({value})")?;
        }
    }
    if let Some(length) = property.max_length {
        write!(code, ", max_length: Some({length})")?;
    }
    if let Some(default) = &property.default {
        write!(code, ", default: Some({default:?})")?;
    }
    if property.required {
        write!(code, ", required: true")?;
    }
    if property.default_key {
        write!(code, ", default_key: true")?;
    }
    for (field, release) in [("since", property.since), ("until", property.until)] {
        if let Some(release) = release {
            write!(code, ", {field}: Release::Pve{release}")?;
        }
    }
    if let Some(appeared) = &property.appeared {
        write!(code, ", since_text: {appeared:?}")?;
    }
    write!(code, ", ..Property::{base} }}")?;
    Ok(code)
}

fn upper(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}
