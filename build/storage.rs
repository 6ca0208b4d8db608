//! `grammar/storage.toml` -> storage types, their properties and content kinds.

use crate::place::{Pool, Texts};
use crate::releases;
use serde::Deserialize;
use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

type Fallible<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Tables {
    content: BTreeMap<String, String>,
    local: Local,
    property: Vec<Property>,
    r#type: Vec<Type>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Local {
    r#type: String,
    path: String,
    content: Vec<String>,
    prune_backups: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Property {
    name: String,
    #[serde(default)]
    releases: String,
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    format: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    values: Vec<String>,
    min: Option<i64>,
    max: Option<i64>,
    max_length: Option<usize>,
    default: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Type {
    name: String,
    #[serde(default)]
    since: String,
    #[serde(default)]
    until: String,
    level: String,
    volumes: String,
    shared: String,
    content: Vec<String>,
    default_content: Vec<String>,
    #[serde(default)]
    import_since: String,
    #[serde(default)]
    formats: Vec<String>,
    #[serde(default)]
    formats_since: String,
    #[serde(default)]
    sensitive: Vec<String>,
    options: Vec<String>,
}

pub(crate) fn generate(grammar: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let mut tables: Tables = toml::from_str(&fs::read_to_string(grammar.join("storage.toml"))?)?;
    let mut code = String::new();
    write_content(&mut code, &tables)?;
    tables.property.sort_by(|a, b| (&a.name, &a.releases).cmp(&(&b.name, &b.releases)));
    writeln!(code, "static PROPERTIES: [Property; {}] = [", tables.property.len())?;
    for property in &tables.property {
        write_property(&mut code, property)?;
    }
    writeln!(code, "];")?;
    tables.r#type.sort_by(|a, b| a.name.cmp(&b.name));
    writeln!(code, "static TYPES: [StorageType; {}] = [", tables.r#type.len())?;
    let mut options = Pool::default();
    for storage_type in &tables.r#type {
        write_type(&mut code, storage_type, &tables.property, texts, &mut options)?;
    }
    writeln!(code, "];")?;
    options.write("TypeOption", &mut code)?;
    fs::write(out.join("storage.rs"), code)?;
    Ok(())
}

fn write_content(code: &mut String, tables: &Tables) -> Fallible<()> {
    writeln!(code, "const fn subdir(kind: ContentKind) -> &'static str {{ match kind {{")?;
    for (kind, subdir) in &tables.content {
        writeln!(code, "ContentKind::{} => {subdir:?},", camel(kind))?;
    }
    writeln!(code, "}} }}")?;
    let local = &tables.local;
    writeln!(code, "/// Type of the `local` that PVE puts in place of a missing or unsuitable one.")?;
    writeln!(code, "pub const LOCAL_TYPE: &str = {:?};", local.r#type)?;
    writeln!(code, "/// Path of that `local`.\npub const LOCAL_PATH: &str = {:?};", local.path)?;
    writeln!(code, "/// Retention of that `local`.\npub const LOCAL_PRUNE: &str = {:?};", local.prune_backups)?;
    writeln!(
        code,
        "/// Content kinds of that `local`.\npub const LOCAL_CONTENT: ContentSet = {};",
        set(&local.content)
    )?;
    Ok(())
}

fn write_property(code: &mut String, property: &Property) -> Fallible<()> {
    let releases = if property.releases.is_empty() { "all" } else { &property.releases };
    let [since, until] = releases::range(releases)?;
    let base = match property.r#type.as_str() {
        "" | "string" => "STRING",
        "boolean" => "BOOLEAN",
        "integer" => "INTEGER",
        other => return Err(format!("property {}: type {other}?", property.name).into()),
    };
    write!(code, "Property {{ name: {:?}, since: {}, until: {}, ", property.name, pve(since), pve(until))?;
    if !property.format.is_empty() {
        write!(code, "format: Some({}), ", format(&property.format)?)?;
    }
    if !property.pattern.is_empty() {
        write!(code, "pattern: Some(storage_format::is_{}), ", property.pattern)?;
    }
    write!(code, "values: &{:?}, min: {:?}, max: {:?}, ", property.values, property.min, property.max)?;
    writeln!(code, "max_length: {:?}, default: {:?}, ..Property::{base} }},", property.max_length, property.default)?;
    Ok(())
}

fn format(name: &str) -> Fallible<&'static str> {
    Ok(match name {
        "bwlimit" => "Format::Props(&storage_format::BWLIMIT)",
        "prune-backups" => "Format::Props(&storage_format::PRUNE_BACKUPS)",
        "pve-configid" => "Format::One(format::config_id)",
        "pve-dir-override-list" => "Format::List(storage_format::dir_override)",
        "pve-node-list" => "Format::List(format::node)",
        "pve-storage-content-list" => "Format::List(storage_format::content)",
        "pve-storage-format" => "Format::One(storage_format::image_format)",
        "pve-storage-id" => "Format::One(format::storage_id)",
        "pve-storage-options" => "Format::One(storage_format::options)",
        "pve-storage-path" => "Format::One(storage_format::path)",
        "pve-storage-portal-dns" => "Format::One(storage_format::portal)",
        "pve-storage-portal-dns-list" => "Format::List(storage_format::portal)",
        "pve-storage-server" => "Format::One(storage_format::server)",
        "pve-storage-vgname" => "Format::One(storage_format::vgname)",
        "pve-storage-zfs-blocksize" => "Format::One(storage_format::zfs_blocksize)",
        "pve-volume-id" => "Format::One(format::volume_id)",
        other => return Err(format!("format {other}?").into()),
    })
}

fn write_type(
    code: &mut String,
    storage_type: &Type,
    properties: &[Property],
    texts: &mut Texts,
    pool: &mut Pool,
) -> Fallible<()> {
    let (since, until) = range(std::slice::from_ref(&storage_type.since), &storage_type.until)?;
    let sharing = match storage_type.shared.as_str() {
        "always" => "Always",
        "settable" => "Settable",
        "never" => "Never",
        other => return Err(format!("type {}: shared {other}?", storage_type.name).into()),
    };
    write!(code, "StorageType {{ name: {:?}, level: Level::{}, ", storage_type.name, camel(&storage_type.level))?;
    write!(code, "volumes: Volumes::{}, sharing: Sharing::{sharing}, ", camel(&storage_type.volumes))?;
    write!(code, "since: {}, until: {}, ", pve(since), pve(until))?;
    write!(code, "since_text: {:?}, until_text: {:?}, ", storage_type.since, storage_type.until)?;
    write!(code, "content: {}, ", set(&storage_type.content))?;
    write!(code, "default_content: {}, ", set(&storage_type.default_content))?;
    let import =
        if storage_type.import_since.is_empty() { releases::oldest() } else { major(&storage_type.import_since)? };
    write!(code, "import_since: {}, import_since_text: {:?}, ", pve(import), storage_type.import_since)?;
    let formats =
        if storage_type.formats_since.is_empty() { releases::oldest() } else { major(&storage_type.formats_since)? };
    write!(code, "formats: &{:?}, formats_since: {}, ", storage_type.formats, pve(formats))?;
    let mut options: Vec<&String> = storage_type.options.iter().collect();
    options.sort_by_key(|option| option.split(':').next().map(str::to_owned));
    let options = options.into_iter().map(|option| write_option(option, properties, since, until, texts));
    let options = pool.list(options.collect::<Fallible<_>>()?);
    writeln!(code, "sensitive: &{:?}, options: {options} }},", storage_type.sensitive)?;
    Ok(())
}

fn write_option(option: &str, properties: &[Property], first: u8, last: u8, texts: &mut Texts) -> Fallible<String> {
    let (name, flags) = option.split_once(": ").unwrap_or((option, ""));
    if !properties.iter().any(|property| property.name == name) {
        return Err(format!("option {name} has no property").into());
    }
    let (mut need, mut fixed, mut since, mut until) = ("Optional", false, Vec::new(), String::new());
    let mut words = flags.split_whitespace().peekable();
    while let Some(word) = words.next() {
        match word {
            "required" => need = "Required",
            "filled" => need = "Filled",
            "fixed" => fixed = true,
            "since" => {
                while let Some(version) = words.next_if(|word| word.starts_with(|c: char| c.is_ascii_digit())) {
                    since.push(version.to_owned());
                }
            }
            "until" => until = words.next().ok_or("until what?")?.to_owned(),
            other => return Err(format!("option {name}: flag {other}?").into()),
        }
    }
    let (from, to) = range(&since, &until)?;
    Ok(format!(
        "TypeOption {{ name: {}, need: Need::{need}, fixed: {fixed}, since: {}, until: {}, since_text: {}, until_text: {} }}",
        texts.text(name),
        pve(from.max(first)),
        pve(to.min(last)),
        texts.list(&since),
        texts.text(&until),
    ))
}

/// First and last release that, in their last state, know something with these versions.
fn range(since: &[String], until: &str) -> Fallible<(u8, u8)> {
    let first = match since.first().filter(|version| !version.is_empty()) {
        Some(version) => major(version)?,
        None => releases::oldest(),
    };
    let last = if until.is_empty() { releases::newest() } else { major(until)? - 1 };
    Ok((first, last))
}

fn major(version: &str) -> Fallible<u8> {
    Ok(version.split('.').next().unwrap_or_default().parse()?)
}

fn pve(major: u8) -> String {
    format!("Release::Pve{major}")
}

fn set(kinds: &[String]) -> String {
    let kinds: Vec<String> = kinds.iter().map(|kind| format!("ContentKind::{}", camel(kind))).collect();
    format!("ContentSet::of(&[{}])", kinds.join(", "))
}

/// `zfspool` -> `Zfspool`.
fn camel(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
