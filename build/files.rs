//! `grammar/files.toml` -> the kinds of files, how a path tells them, and what rules need them by.

use crate::releases;
use serde::Deserialize;
use std::{error::Error, fmt::Write as _, fs, path::Path};

type Fallible<T> = Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    file: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    kind: String,
    path: Paths,
    about: String,
    #[serde(default)]
    package: String,
    #[serde(default = "all")]
    pve: String,
    #[serde(default)]
    side: Side,
    #[serde(default = "opaque")]
    family: String,
    counter: Option<String>,
    name: Option<String>,
    short: Option<String>,
    label: Option<String>,
    input: Option<String>,
    #[serde(default = "config")]
    nature: String,
    redact: Option<String>,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    dump: bool,
    #[serde(default)]
    certain: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Paths {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize, Default, PartialEq, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Side {
    #[default]
    Pve,
    Host,
}

fn all() -> String {
    "all".to_owned()
}

fn opaque() -> String {
    "opaque".to_owned()
}

fn config() -> String {
    "config".to_owned()
}

impl Row {
    fn paths(&self) -> &[String] {
        match &self.path {
            Paths::One(path) => std::slice::from_ref(path),
            Paths::Several(paths) => paths,
        }
    }

    /// The one path of which there is one.
    fn single(&self) -> Option<&str> {
        match self.paths() {
            [path] if !path.contains('{') => Some(path),
            _ => None,
        }
    }

    /// Whether PVE reads it, as configuration or beside it, at just these paths.
    fn is_exact(&self) -> bool {
        let is_open = self.paths().iter().any(|path| path.contains("{rest}"));
        match self.nature.as_str() {
            "config" | "other" => !is_open,
            "secret" => self.single().is_some(),
            _ => false,
        }
    }

    fn scope(&self) -> &'static str {
        let has = |part: &str| self.paths().iter().any(|path| path.contains(part));
        match () {
            () if has("{vmid}") => "Guest",
            () if self.side == Side::Host || has("{node}") => "Node",
            () => "Cluster",
        }
    }
}

/// Writes `files.rs` (kinds, rows, paths) and `inputs.rs` (what rules need).
pub(crate) fn generate(grammar: &Path, out: &Path) -> Fallible<()> {
    let Tables { file: rows } = toml::from_str(&fs::read_to_string(grammar.join("files.toml"))?)?;
    let mut code = String::new();
    write_kinds(&mut code, &rows)?;
    write_rows(&mut code, &rows)?;
    write_paths(&mut code, &rows)?;
    fs::write(out.join("files.rs"), code)?;
    fs::write(out.join("inputs.rs"), inputs(&rows)?)?;
    Ok(())
}

fn write_kinds(code: &mut String, rows: &[Row]) -> Fallible<()> {
    writeln!(code, "/// What a file is to PVE, by the rows of `grammar/files.toml`, and what is none of them.")?;
    writeln!(code, "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum FileKind {{")?;
    for row in rows {
        let paths: Vec<_> = row.paths().iter().map(|path| format!("`{path}`")).collect();
        writeln!(code, "    /// {}: {}.\n    {},", paths.join(", "), row.about, row.kind)?;
    }
    writeln!(
        code,
        "    /// A file at a place where PVE reads nothing: people put it there for some reason, and it has no effect.\n    \
         Unrecognised(Unrecognised),\n    /// Not configuration; left alone on purpose.\n    Ignored(Ignored),\n    \
         /// A directory; listed only when something is wrong with it or when it is left alone.\n    Directory,\n    \
         /// A regular file outside every tree: beside the `pve/` of a copy of `/etc`, or in a folder that holds trees.\n    \
         OutsideTree,\n}}\n"
    )?;
    writeln!(
        code,
        "impl FileKind {{\n    /// Where its row is in [`FILES`].\n    #[must_use]\n    pub const fn row(self) -> Option<usize> {{"
    )?;
    writeln!(code, "        Some(match self {{")?;
    for (at, row) in rows.iter().enumerate() {
        writeln!(code, "            Self::{} => {at},", row.kind)?;
    }
    writeln!(code, "            _ => return None,\n        }})\n    }}\n}}\n")?;
    Ok(())
}

fn write_rows(code: &mut String, rows: &[Row]) -> Fallible<()> {
    writeln!(code, "/// Every kind of file there is a row for, in the order to show them.")?;
    writeln!(code, "pub static FILES: [FileSpec; {}] = [", rows.len())?;
    for row in rows {
        let name = match (&row.name, row.single()) {
            (Some(name), _) => name.as_str(),
            (None, Some(path)) => path,
            (None, None) if row.read => return Err(format!("{} is read and needs a name", row.kind).into()),
            (None, None) => row.paths().first().ok_or("no path")?,
        };
        if row.redact.is_none() && row.nature == "secret" {
            return Err(format!("{} is secret: say what to redact", row.kind).into());
        }
        let [since, until] = releases::range(&row.pve)?;
        let counter = match &row.counter {
            None => "None".to_owned(),
            Some(counter) => {
                let [since, until] = releases::range(counter)?;
                format!("Some(Releases {{ since: Release::Pve{since}, until: Release::Pve{until} }})")
            }
        };
        let label = row.label.as_deref().unwrap_or(name);
        let redact = row.redact.as_ref().map_or("None".to_owned(), |how| format!("Some(Redact::{})", camel(how)));
        writeln!(
            code,
            "    FileSpec {{ kind: FileKind::{}, paths: &{:?}, name: {name:?}, short: {:?}, label: {label:?}, about: {:?}, \
             package: {:?}, releases: Releases {{ since: Release::Pve{since}, until: Release::Pve{until} }}, side: Side::{}, \
             scope: Scope::{}, family: Family::{}, counter: {counter}, nature: Nature::{}, redact: {redact}, read: {}, \
             dump: {}, certain: {}, single: {}, exact: {} }},",
            row.kind,
            row.paths(),
            row.short.as_deref().unwrap_or_default(),
            row.about,
            row.package,
            if row.side == Side::Host { "Host" } else { "Pve" },
            row.scope(),
            camel(&row.family),
            camel(&row.nature),
            row.read,
            row.dump,
            row.certain,
            row.single().is_some(),
            row.is_exact(),
        )?;
    }
    writeln!(code, "];\n")?;
    Ok(())
}

/// How a path tells the kind: a match for what has no variable part, lists for the rest.
fn write_paths(code: &mut String, rows: &[Row]) -> Fallible<()> {
    let (mut arms, mut arms_in_node) = (String::new(), String::new());
    let (mut guests, mut wild, mut wild_in_node) = (String::new(), String::new(), String::new());
    // A pattern that says more comes before one that takes everything.
    // What both sides have is the node's, which is what people copy; the walk knows better where it knows `/etc/pve`.
    let is_taken = |path: &str| rows.iter().any(|row| row.side == Side::Host && row.single() == Some(path));
    let mut paths: Vec<_> =
        rows.iter().flat_map(|row| row.paths().iter().map(move |path| (path.as_str(), row))).collect();
    paths.sort_by_key(|(path, _)| path.contains("{rest}"));
    for (path, row) in paths.into_iter().filter(|(path, row)| row.side == Side::Host || !is_taken(path)) {
        let kind = format!("FileKind::{}", row.kind);
        let (below, in_node) = path.strip_prefix("nodes/{node}/").map_or((path, false), |below| (below, true));
        if !below.contains('{') {
            let arms = if in_node { &mut arms_in_node } else { &mut arms };
            writeln!(arms, "        {below:?} => {kind},")?;
        } else if let (true, Some(dir)) = (in_node, below.strip_suffix("/{vmid}.conf")) {
            writeln!(guests, "    ({dir:?}, {kind}),")?;
        } else {
            let (front, rest) = below.split_once('{').ok_or("no variable")?;
            let (variable, back) = rest.split_once('}').ok_or("no end of the variable")?;
            if back.contains('{') {
                return Err(format!("{path}: more than one variable is for guests only").into());
            }
            let variable = camel(variable);
            let list = if in_node { &mut wild_in_node } else { &mut wild };
            writeln!(list, "    ({front:?}, Variable::{variable}, {back:?}, {kind}),")?;
        }
    }
    for (name, of, arms) in
        [("fixed", "`/etc/pve` or `/etc`", &arms), ("fixed_in_node", "`nodes/<node>`", &arms_in_node)]
    {
        writeln!(
            code,
            "/// The paths below {of} without a variable part.\npub(super) fn {name}(path: &str) -> Option<FileKind> {{\n    \
             Some(match path {{\n{arms}        _ => return None,\n    }})\n}}\n"
        )?;
    }
    writeln!(
        code,
        "/// The directories of guests, below `nodes/<node>`.\npub(super) const GUEST_DIRS: &[(&str, FileKind)] = &[\n{guests}];\n"
    )?;
    for (name, list) in [("WILD", &wild), ("WILD_IN_NODE", &wild_in_node)] {
        writeln!(
            code,
            "/// Paths with a variable part: what is in front, what may stand there, what is behind.\n\
             pub(super) const {name}: &[(&str, Variable, &str, FileKind)] = &[\n{list}];\n"
        )?;
    }
    Ok(())
}

fn inputs(rows: &[Row]) -> Fallible<String> {
    let mut code = String::new();
    let read: Vec<_> = rows.iter().filter(|row| row.read).collect();
    let name = |row: &Row| row.input.as_ref().unwrap_or(&row.kind).clone();
    writeln!(
        code,
        "/// Something a rule may need: a kind of file that is read, by `grammar/files.toml`, or all guests.\n\
         #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Input {{"
    )?;
    for row in &read {
        writeln!(code, "    /// {}: {}.\n    {},", row.paths().join(", "), row.about, name(row))?;
    }
    writeln!(
        code,
        "    /// All guests of the cluster: the tree has `nodes/`, so that what isn't there doesn't exist.\n    Inventory,\n    \
         /// At least one guest of either kind.\n    Guests,\n}}\n"
    )?;
    writeln!(
        code,
        "impl Input {{\n    /// The kind of file that it is; none for what takes more than one.\n    #[must_use]\n    \
         pub const fn kind(self) -> Option<FileKind> {{\n        match self {{"
    )?;
    for row in &read {
        writeln!(code, "            Self::{} => Some(FileKind::{}),", name(row), row.kind)?;
    }
    writeln!(code, "            Self::Inventory | Self::Guests => None,\n        }}\n    }}\n}}")?;
    Ok(code)
}

/// `key-value` -> `KeyValue`.
fn camel(name: &str) -> String {
    let mut parts = name.split('-').map(|part| {
        let mut chars = part.chars();
        chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
    });
    parts.by_ref().collect()
}
