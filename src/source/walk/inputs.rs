//! What was given: directories, files one by one, bytes; and which tree files given one by one belong to.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::finish::keep;
use super::{Owner, Walk, Want, guess, join};
use crate::source::files::FileKind;
use crate::source::kind;
use crate::source::read::{self, ItemKind};
use crate::source::{Layout, LoadError, MAX_FILE_SIZE, Presence, ProblemKind, ToldBy, encoded};

impl Walk<'_> {
    /// Takes in everything that was given. Directories that hold others come first, single files last.
    pub(in crate::source) fn inputs(&mut self, inputs: &[PathBuf]) -> Result<(), LoadError> {
        let mut dirs = Vec::new();
        let mut files = Vec::new();
        for path in inputs {
            let error = |source| LoadError::Input { path: path.clone(), source };
            let metadata = path.metadata().map_err(error)?;
            if metadata.is_dir() {
                dirs.push((path.canonicalize().map_err(error)?, path));
            } else {
                files.push((path, read::item_kind(metadata.file_type())));
            }
        }
        dirs.sort_by(|a, b| a.0.cmp(&b.0));
        for (real, path) in dirs {
            self.input_dir(real, path);
        }
        self.input_files(&files);
        Ok(())
    }

    /// A directory that was given.
    fn input_dir(&mut self, real: PathBuf, path: &Path) {
        if self.visited.contains(&real) {
            return;
        }
        let shown = typed(path);
        let scope = self.dir(real.clone());
        self.given.push(real.clone());
        self.given_dirs.push((real.clone(), shown.clone()));
        self.scan(real, shown, 0, Owner { tree: None, host: None, scope });
    }

    /// Files that were given one by one.
    fn input_files(&mut self, files: &[(&PathBuf, ItemKind)]) {
        if files.is_empty() {
            return;
        }
        let mut known: FxHashSet<PathBuf> = self.entries.iter().map(|entry| self.path_of(entry)).collect();
        let mut parents: FxHashMap<PathBuf, PathBuf> = FxHashMap::default();
        let absolutes = files.iter().map(|&(path, item)| {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            let is_host = FileKind::from_path(kind::relative_part(&absolute.to_string_lossy())).kind.is_host();
            (is_host, absolute, path, item)
        });
        // The node's files join the tree of the others, so they come last.
        let mut files: Vec<_> = absolutes.collect();
        files.sort_by_key(|&(is_host, ..)| is_host);
        for (_, absolute, path, item) in files {
            let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else { continue };
            let parent = match parents.get(parent) {
                Some(real) => real.clone(),
                None => {
                    let real = parent.canonicalize().unwrap_or_else(|_| parent.to_path_buf());
                    parents.insert(parent.to_path_buf(), real.clone());
                    real
                }
            };
            let mut real = parent.join(name);
            if real.symlink_metadata().is_ok_and(|metadata| metadata.is_symlink()) {
                real = real.canonicalize().unwrap_or(real);
            }
            if !known.insert(real.clone()) {
                continue;
            }
            let shown = typed(path);
            let Some(index) = self.given_file(&shown, &absolute.to_string_lossy()) else { return };
            let Some(entry) = self.entries.get_mut(index) else { return };
            entry.target = Some(real.into());
            if let ItemKind::Special(what) = item {
                entry.problem = Some(ProblemKind::NotRegular(what));
            } else if path.to_str().is_none() {
                entry.problem = Some(ProblemKind::NameNotUtf8);
            }
        }
    }

    /// Bytes that were given.
    pub(in crate::source) fn given_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        let shown = if name.is_empty() { "<stdin>" } else { name };
        let Some(index) = self.given_file(shown, shown) else { return };
        let Some(entry) = self.entries.get_mut(index) else { return };
        if bytes.len() > MAX_FILE_SIZE {
            entry.problem = Some(ProblemKind::TooLarge(bytes.len() as u64));
        } else if entry.want.is_read() {
            if let Some(found) = encoded(&bytes) {
                entry.problem = Some(ProblemKind::Encoded(found));
            } else if entry.want == Want::Guess {
                guess(entry, &bytes, false);
            }
            if entry.problem.is_none() {
                keep(entry, Arc::new(bytes));
                entry.want = Want::Given;
            }
        }
    }

    /// One file that was named, and its tree.
    fn given_file(&mut self, shown: &str, absolute: &str) -> Option<usize> {
        let rel = kind::relative_part(absolute);
        let root = absolute.strip_suffix(rel).unwrap_or_default();
        let tree = match self.loose_tree(root, FileKind::from_path(rel).kind) {
            Some(tree) => tree,
            None => {
                let dir = shown.strip_suffix(rel).unwrap_or_default().trim_end_matches('/');
                let dir = if dir.is_empty() && shown.starts_with('/') { "/" } else { dir };
                let place = PathBuf::from(root);
                let place = place.canonicalize().unwrap_or(place);
                let tree = self.draft(&place, dir, Layout::Files, Presence::NotLooked);
                self.given.push(place);
                self.loose.insert(root.to_owned(), tree);
                tree
            }
        };
        let at = Owner { tree: Some(tree), host: None, scope: 0 };
        let name_at = shown.rfind('/').map_or(0, |slash| slash + 1);
        let rel_at = if shown.ends_with(rel) { shown.len() - rel.len() } else { name_at };
        let index = self.add(shown.to_owned(), rel_at, rel, usize::MAX, OsStr::new(""), at)?;
        let (kind, vmid) = (self.options.kind, self.options.vmid);
        let entry = self.entries.get_mut(index)?;
        if let Some(kind) = kind {
            entry.file.kind = kind;
            entry.file.told_by = ToldBy::User;
            entry.want = if kind.is_read() { Want::Read } else { Want::No };
        }
        entry.file.vmid = vmid.or(entry.file.vmid);
        if matches!(entry.file.kind, FileKind::Unrecognised(_)) {
            entry.want = Want::Guess;
        }
        let node = entry.file.node.clone();
        if let (Some(node), Some(draft)) = (node, self.drafts.get_mut(tree as usize)) {
            draft.tree.has_nodes = true;
            if !draft.tree.nodes.contains(&node) {
                draft.tree.nodes.push(node);
                draft.tree.nodes.sort_unstable();
            }
        }
        Some(index)
    }

    /// The tree that a file given on its own belongs to, if there is one yet: that of its `root`; for the node's files that
    /// of `pve/` in there, or the only one.
    fn loose_tree(&self, root: &str, kind: FileKind) -> Option<u32> {
        let known = self.loose.get(root).copied();
        if known.is_some() || !kind.is_host() {
            return known;
        }
        let beside = self.loose.get(&join(root, "pve/")).copied();
        beside.or_else(|| self.loose.values().next().copied().filter(|_| self.loose.len() == 1))
    }
}

/// A path as it was typed, without slashes at its end or dots inside.
pub(super) fn typed(path: &Path) -> String {
    let path: PathBuf = path.components().collect();
    if path == Path::new(".") { String::new() } else { path.to_string_lossy().into_owned() }
}
