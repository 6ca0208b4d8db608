//! The text PVE writes back after any change (`write_pct_config` in pve-container, `PVE/LXC/Config.pm`): what a rewrite
//! keeps, moves and loses.

use super::{Container, Place, Section};
use crate::model::text;
use crate::release::Release;

/// The whole file as PVE writes it; `None` when a reserved key makes PVE die over it.
#[must_use]
pub fn rewrite(container: &Container<'_>) -> Option<Vec<u8>> {
    let reserved = |section: &Section<'_>| {
        let main = section.place == Place::Main;
        section.get("lxc").is_some() || (main && ["pending", "snapshots"].iter().any(|key| section.get(key).is_some()))
    };
    if container.sections().any(reserved) {
        return None;
    }
    let mut out = Vec::with_capacity(container.text.len() + 64);
    write_section(&mut out, &container.main, container.release);
    if let Some(pending) = container.pending.as_ref().filter(|pending| !pending.is_empty()) {
        out.extend_from_slice(b"\n[pve:pending]\n");
        write_section(&mut out, pending, container.release);
    }
    let mut snapshots: Vec<_> = container
        .snapshots
        .iter()
        .filter_map(|section| match section.place {
            Place::Snapshot(name) => Some((name, section)),
            Place::Main | Place::Pending | Place::Special(_) => None,
        })
        .collect();
    snapshots.sort_by_key(|&(name, _)| name);
    for (name, section) in snapshots {
        out.extend_from_slice(b"\n[");
        out.extend_from_slice(name);
        out.extend_from_slice(b"]\n");
        write_section(&mut out, section, container.release);
    }
    Some(out)
}

impl Section<'_> {
    /// Whether PVE holds nothing of it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.options.is_empty() && self.raw.is_empty() && self.description().is_none()
    }
}

fn write_section(out: &mut Vec<u8>, section: &Section<'_>, release: Release) {
    let blank = || section.get("description").map(|option| String::from_utf8_lossy(&option.value).into_owned());
    if let Some(description) = section.description().or_else(blank) {
        let description = description.strip_suffix('\n').unwrap_or(&description);
        for line in description.split('\n') {
            out.push(b'#');
            text::encode(out, line, release);
            out.push(b'\n');
        }
    }
    let hidden = |key: &[u8]| {
        key == b"description"
            || (key == b"digest" && section.place == Place::Main)
            || (key == b"env" && release >= Release::Pve9)
    };
    let mut options: Vec<_> = section.options.iter().filter(|option| !hidden(option.key)).collect();
    options.sort_by_key(|option| option.key);
    for option in options {
        line(out, option.key, &option.value);
    }
    if release >= Release::Pve9 {
        let env = section.get("env").map_or(&b""[..], |env| &env.value);
        let mut variables: Vec<_> = env.split(|&b| b == 0).collect();
        // Perl's split drops the empty ones at the end.
        while variables.pop_if(|last| last.is_empty()).is_some() {}
        for variable in variables {
            line(out, b"lxc.environment.runtime", variable);
        }
    }
    for raw in &section.raw {
        line(out, raw.key, raw.value);
    }
}

fn line(out: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    out.extend_from_slice(key);
    out.extend_from_slice(b": ");
    out.extend_from_slice(value);
    out.push(b'\n');
}
