//! `grammar/access.toml` -> privileges as bits, built-in roles, ACL path templates and the privileges looked up on them.

use crate::place::{Pool, Texts};
use crate::releases::{Pve, known};
use serde::Deserialize;
use std::{collections::BTreeMap, error::Error, fmt::Write as _, fs, path::Path};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    privileges: Vec<Privilege>,
    roles: Vec<Role>,
    paths: Vec<AclPath>,
    names: BTreeMap<String, String>,
    any_path: Vec<String>,
    checked: Vec<Checked>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Privilege {
    name: String,
    pve: Pve,
    #[serde(default)]
    since: String,
    #[serde(default)]
    successors: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Role {
    name: String,
    pve: Pve,
    #[serde(default)]
    all: bool,
    privileges: Vec<String>,
    #[serde(default)]
    only: Vec<Only>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Only {
    name: String,
    pve: Pve,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AclPath {
    path: String,
    pve: Pve,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Checked {
    path: String,
    pve: Pve,
    privileges: Vec<String>,
}

/// Writes `access.rs` into `out`.
pub(crate) fn generate(grammar: &Path, out: &Path, texts: &mut Texts) -> Result<(), Box<dyn Error>> {
    let tables: Tables = toml::from_str(&fs::read_to_string(grammar.join("access.toml"))?)?;
    if tables.privileges.len() > 64 {
        return Err("access.toml: more privileges than a u64 has bits".into());
    }
    let mut rust = String::new();
    let mut components = Pool::default();

    writeln!(rust, "static PRIVILEGES: [PrivilegeRow; {}] = [", tables.privileges.len())?;
    for row in &tables.privileges {
        let (name, since, releases) = (texts.text(&row.name), texts.text(&row.since), releases(&row.pve)?);
        let successors = tables.bits(&row.successors)?;
        writeln!(
            rust,
            "    PrivilegeRow {{ name: {name}, releases: {releases}, since: {since}, successors: PrivSet({successors:#x}) }},"
        )?;
    }
    writeln!(rust, "];\n")?;

    writeln!(rust, "static ROLES: [RoleRow; {}] = [", tables.roles.len())?;
    for row in &tables.roles {
        releases(&row.pve)?;
        let name = texts.text(&row.name);
        write!(rust, "    RoleRow {{ name: {name}, privileges: PerRelease([")?;
        for release in known() {
            if row.pve.contains(release) {
                write!(rust, "Some(PrivSet({:#x})), ", tables.role_bits(row, *release)?)?;
            } else {
                write!(rust, "None, ")?;
            }
        }
        writeln!(rust, "]) }},")?;
    }
    writeln!(rust, "];\n")?;

    writeln!(rust, "static PATHS: [PathRow; {}] = [", tables.paths.len())?;
    for row in &tables.paths {
        let parts = components.list(tables.components(&row.path, texts)?);
        let (path, releases) = (texts.text(&row.path), releases(&row.pve)?);
        writeln!(rust, "    PathRow {{ template: {path}, components: {parts}, releases: {releases} }},")?;
    }
    writeln!(rust, "];\n")?;

    // One row per template, whatever the number of entries it has in the file.
    let mut checked: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for row in &tables.checked {
        let bits = tables.bits(&row.privileges)?;
        releases(&row.pve)?;
        let slots = checked.entry(&row.path).or_insert_with(|| vec![0; known().len()]);
        for (slot, release) in slots.iter_mut().zip(known()) {
            if row.pve.contains(release) {
                *slot |= bits & tables.all(*release);
            }
        }
    }
    writeln!(rust, "static CHECKED: [CheckedRow; {}] = [", checked.len())?;
    for (path, slots) in checked {
        let sets: Vec<_> = slots.iter().map(|bits| format!("PrivSet({bits:#x})")).collect();
        let (path, parts) = (texts.text(path), components.list(tables.components(path, texts)?));
        writeln!(
            rust,
            "    CheckedRow {{ template: {path}, components: {parts}, privileges: PerRelease([{}]) }},",
            sets.join(", ")
        )?;
    }
    writeln!(rust, "];\n")?;

    components.write("Component", &mut rust)?;
    writeln!(rust, "static CHECKED_ANYWHERE: PrivSet = PrivSet({:#x});", tables.bits(&tables.any_path)?)?;
    writeln!(rust, "\nstatic ALL: PerRelease<PrivSet> = PerRelease([")?;
    for release in known() {
        writeln!(rust, "    PrivSet({:#x}),", tables.all(*release))?;
    }
    writeln!(rust, "]);")?;
    fs::write(out.join("access.rs"), rust)?;
    Ok(())
}

/// Bit `i` is set when the release of this index is listed.
fn releases(pve: &[u8]) -> Result<u8, Box<dyn Error>> {
    let mut bits = 0;
    for release in pve {
        let index = known().iter().position(|known| known == release);
        let index = index.ok_or_else(|| format!("access.toml: no release {release}"))?;
        bits |= 1 << index;
    }
    if bits == 0 { Err("access.toml: an entry without release".into()) } else { Ok(bits) }
}

impl Tables {
    fn bits(&self, names: &[String]) -> Result<u64, Box<dyn Error>> {
        names.iter().try_fold(0, |bits, name| {
            let index = self.privileges.iter().position(|row| row.name == *name);
            let index = index.ok_or_else(|| format!("access.toml: no privilege {name}"))?;
            Ok(bits | 1 << index)
        })
    }

    fn all(&self, release: u8) -> u64 {
        let rows = self.privileges.iter().enumerate();
        rows.filter(|(_, row)| row.pve.contains(&release)).fold(0, |bits, (index, _)| bits | 1 << index)
    }

    fn role_bits(&self, role: &Role, release: u8) -> Result<u64, Box<dyn Error>> {
        if role.all {
            return Ok(self.all(release));
        }
        let mut bits = self.bits(&role.privileges)?;
        for only in &role.only {
            if only.pve.contains(&release) {
                bits |= self.bits(std::slice::from_ref(&only.name))?;
            }
        }
        Ok(bits & self.all(release))
    }

    fn components(&self, template: &str, texts: &mut Texts) -> Result<Vec<String>, Box<dyn Error>> {
        let parts = template.split('/').filter(|part| !part.is_empty()).map(|part| {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                return Ok(format!("Component::Literal({})", texts.text(part)));
            };
            Ok(match self.names.get(name).map(String::as_str) {
                None => "Component::Name",
                Some("dashed") => "Component::Dashed",
                Some("plain") => "Component::Plain",
                Some("vmid") => "Component::Vmid",
                Some("vlan") => "Component::Vlan",
                Some(other) => return Err(format!("access.toml: no component pattern {other}")),
            }
            .to_owned())
        });
        Ok(parts.collect::<Result<_, String>>()?)
    }
}
