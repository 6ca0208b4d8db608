//! Links: where each leads, and whether what is there is read under the link's name.

use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use super::{Walk, Want};
use crate::source::ProblemKind;
use crate::source::files::FileKind;
use crate::source::kind::{self, Ignored};
use crate::source::read::{self, ItemKind};

impl Walk<'_> {
    /// Links are decided on when everything that is read under its own name is known.
    pub(super) fn resolve_links(&mut self) {
        if self.links.is_empty() {
            return;
        }
        let links = std::mem::take(&mut self.links);
        let link_entries: FxHashSet<usize> = links.iter().map(|link| link.entry).collect();
        let own = self.entries.iter().enumerate();
        let wanted = own.filter(|(index, entry)| entry.want != Want::No && !link_entries.contains(index));
        let mut read: FxHashSet<PathBuf> = wanted.map(|(_, entry)| self.path_of(entry)).collect();
        for link in links {
            let Some(entry) = self.entries.get(link.entry) else { continue };
            let scope = self.dirs.get(link.scope).cloned().unwrap_or_default();
            let found = link_target(&self.path_of(entry), &scope);
            let decided = match found {
                Err(ProblemKind::LinkBroken) if link.alias => Ok(None),
                Err(_) if link.foreign && !points_to_directory(&self.path_of(entry)) => Ok(None),
                Err(problem) => Err(problem),
                Ok(target) => match target.metadata().map(|metadata| read::item_kind(metadata.file_type())) {
                    Err(error) => Err(ProblemKind::unreadable(&error)),
                    Ok(ItemKind::Dir) if link.alias || self.visited.contains(&target) => Ok(None),
                    Ok(ItemKind::Dir) => Err(ProblemKind::LinkDirectory(target.to_string_lossy().into_owned())),
                    Ok(ItemKind::File) if entry.want == Want::No => Ok(None),
                    Ok(ItemKind::File) if !is_such_a_file(&target, &scope, entry.file.kind) => {
                        Err(ProblemKind::LinkOther(target.to_string_lossy().into_owned()))
                    }
                    Ok(ItemKind::File) if read.contains(&target) => Ok(None),
                    Ok(ItemKind::File) => Ok(Some(target)),
                    Ok(_) if link.foreign => Ok(None),
                    Ok(ItemKind::Special(what)) => Err(ProblemKind::NotRegular(what)),
                    Ok(ItemKind::Link) => Err(ProblemKind::LinkLoop),
                },
            };
            let Some(entry) = self.entries.get_mut(link.entry) else { continue };
            match decided {
                Ok(Some(target)) => {
                    read.insert(target.clone());
                    entry.target = Some(target.into());
                }
                Ok(None) if link.alias => {
                    entry.file.kind = FileKind::Ignored(Ignored::Alias);
                    entry.want = Want::No;
                }
                Ok(None) => {
                    if entry.want != Want::No || !entry.file.kind.is_config() {
                        entry.file.kind = FileKind::Ignored(Ignored::Link);
                    }
                    entry.want = Want::No;
                }
                Err(problem) => entry.problem = Some(problem),
            }
        }
    }
}

/// Where a link leads to, if that is inside `scope`.
pub(in crate::source) fn link_target(link: &Path, scope: &Path) -> Result<PathBuf, ProblemKind> {
    match link.canonicalize() {
        Ok(target) if target.starts_with(scope) => Ok(target),
        Ok(target) => Err(ProblemKind::LinkOutside(target.to_string_lossy().into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ProblemKind::LinkBroken),
        // ELOOP of Linux, and of the BSDs.
        Err(error) if matches!(error.raw_os_error(), Some(40 | 62)) => Err(ProblemKind::LinkLoop),
        Err(error) => Err(ProblemKind::unreadable(&error)),
    }
}

/// Whether `target` is a file of the kind that the link's name says, at a place where one may be kept: not in `priv/`, whose
/// secrets would be shown, and in no hidden directory but those in which Kubernetes keeps what it mounts (`..data`).
fn is_such_a_file(target: &Path, scope: &Path, kind: FileKind) -> bool {
    let Some(below) = target.strip_prefix(scope).ok().and_then(Path::to_str) else { return false };
    let is_closed = |part: &str| part == "priv" || (part.starts_with('.') && !part.starts_with(".."));
    if below.split('/').any(is_closed) {
        return false;
    }
    let found = FileKind::from_path(kind::relative_part(below)).kind;
    let by_text = |kind| matches!(kind, FileKind::Container | FileKind::Vm | FileKind::Unrecognised(_));
    found == kind || (by_text(kind) && by_text(found))
}

fn points_to_directory(link: &Path) -> bool {
    link.metadata().is_ok_and(|metadata| metadata.is_dir())
}
