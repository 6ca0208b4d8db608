//! Names that somebody typed: looked up, and where nobody knows them, with what was probably meant.

use super::near_path;
use crate::model::tables::access::{Priv, PrivSet, checked_on, path_allowed, paths};
use crate::release::Release;
use crate::text::nearest;

/// The privilege of `release` with this name.
///
/// # Errors
/// Why there is none: it is of another release, or misspelt.
pub fn privilege(text: &str, release: Release) -> Result<Priv, String> {
    if let Some(privilege) = Priv::in_release(text.as_bytes(), release) {
        return Ok(privilege);
    }
    Err(match Priv::from_name(text.as_bytes()) {
        Some(gone) if !gone.successors().is_empty() => {
            format!("{release} has no {gone} any more; in its place came {}", gone.successors())
        }
        Some(other) => format!("{release} has no {other}"),
        None => {
            let known: Vec<_> = PrivSet::all(release).iter().map(Priv::name).collect();
            let hint = hint(text, known.iter().copied(), "`pveum role list` shows all of them");
            format!("no privilege is called {text}; {hint}")
        }
    })
}

/// An ACL path without superfluous `/`: one on which `release` looks privileges up, or takes ACLs.
///
/// # Errors
/// When it does neither.
pub fn path(text: &str, release: Release) -> Result<String, String> {
    let path = format!("/{}", text.trim_matches('/'));
    let known = |path: &str| path_allowed(path.as_bytes(), release) || !checked_on(path.as_bytes(), release).is_empty();
    if text.starts_with('/') && known(&path) {
        return Ok(path);
    }
    let hint = match near_path(&path).filter(|near| known(near)) {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let all: Vec<_> = paths(release).map(|row| row.template.as_str()).collect();
            format!("it knows {}", all.join(", "))
        }
    };
    Err(format!("{release} checks nothing on {text}; {hint}"))
}

/// `known` as a hint: the nearest to `name`, or the whole list when it is short, or where to find it.
#[must_use]
pub fn hint<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone, list: &str) -> String {
    let lower = name.to_lowercase();
    let same = known.clone().find(|known| known.to_lowercase() == lower);
    match same.or_else(|| nearest(name, known)) {
        Some(near) => format!("did you mean {near}?"),
        None => list.to_owned(),
    }
}
