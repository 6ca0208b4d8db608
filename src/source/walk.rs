//! Finding the files: which directories are trees, what is in them, what is wrong with them; then reading.
//!
//! Directories are listed one after the other, in input and name order, so that limits and duplicates always strike the
//! same files; only the reading is parallel.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::kind::{self, FileKind, Ignored, Stray};
use super::read::{self, Item, ItemKind};
use super::{
    HintFrom, Layout, LoadError, LoadOptions, MAX_DEPTH, MAX_FILE_SIZE, Presence, Problem, ProblemKind, ReadState,
    SourceFile, Sources, ToldBy, Tree, TreeId,
};
use crate::release::Release;
use crate::text::FileId;

/// Fewer files than this are read one after the other: starting threads costs more.
const PARALLEL_FROM: usize = 48;

/// So many files are read before the sum of their sizes is looked at; what a load may hold too much for a moment.
const BATCH: usize = 256;

/// The node's files that are read, below its `/etc`.
const HOST_FILES: [&str; 6] = ["subuid", "subgid", "passwd", "group", "nsswitch.conf", "network/interfaces"];

/// A file that is there only in trees of one release and later.
const RELEASE_FILES: [(&str, Release); 4] = [
    ("ha/rules.cfg", Release::Pve9),
    ("sdn/fabrics.cfg", Release::Pve9),
    ("sdn/prefix-lists.cfg", Release::Pve9),
    ("sdn/route-maps.cfg", Release::Pve9),
];

/// What is done about a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    No,
    Read,
    /// Read, and let the text tell container from VM.
    Guess,
    /// They are there already.
    Given,
}

/// A file on its way to [`SourceFile`].
struct Entry {
    file: SourceFile,
    /// Index into [`Walk::dirs`], and the name in there.
    dir: usize,
    name: OsString,
    /// The real place, where it isn't `dir`/`name`.
    target: Option<PathBuf>,
    host: Option<usize>,
    want: Want,
    problem: Option<ProblemKind>,
}

/// Where entries are added to.
#[derive(Clone, Copy)]
struct Owner {
    tree: Option<u32>,
    host: Option<usize>,
    /// Index into [`Walk::dirs`]: links must not leave it.
    scope: usize,
}

/// A link that is looked at once everything else is known.
struct Link {
    entry: usize,
    scope: usize,
    /// Outside every tree only links to directories matter.
    foreign: bool,
    /// `local`, `lxc`, `qemu-server` or `openvz` at the root of a tree.
    alias: bool,
}

/// A tree on its way to [`Tree`].
struct Draft {
    tree: Tree,
    /// For which of the singletons of `/etc/pve` their absence says something.
    pve: Presence,
    host: Option<usize>,
    /// Where `var/lib/dpkg/status` is looked for.
    system: Option<PathBuf>,
    /// The release that a file of the tree needs.
    file_hint: Option<(Release, HintFrom)>,
}

/// A directory of a tree that is still to be listed.
struct Pending {
    here: Here,
    /// Its path below `/etc/pve`.
    rel: String,
    alias: bool,
    /// Its entries, where they are known already.
    items: Option<Vec<Item>>,
}

/// A directory: where it is, what to call it, and how far below the input.
struct Here {
    dir: PathBuf,
    shown: String,
    depth: usize,
}

pub(super) struct Walk<'o> {
    options: &'o LoadOptions,
    dirs: Vec<PathBuf>,
    entries: Vec<Entry>,
    links: Vec<Link>,
    visited: FxHashSet<PathBuf>,
    drafts: Vec<Draft>,
    /// Trees of files given one by one, by the directory that would be `/etc/pve`.
    loose: FxHashMap<String, u32>,
    hosts: usize,
    /// The host root that was given: its path, its `etc`, the host it became.
    given_host: Option<(PathBuf, PathBuf, usize)>,
    last_node: Option<Arc<str>>,
    full: bool,
}

impl<'o> Walk<'o> {
    pub(super) fn new(options: &'o LoadOptions) -> Result<Self, LoadError> {
        let mut walk = Self {
            options,
            dirs: Vec::new(),
            entries: Vec::new(),
            links: Vec::new(),
            visited: FxHashSet::default(),
            drafts: Vec::new(),
            loose: FxHashMap::default(),
            hosts: 0,
            given_host: None,
            last_node: None,
            full: false,
        };
        if let Some(path) = &options.host_root {
            let error = |source| LoadError::HostRoot { path: path.clone(), source };
            let root = path.canonicalize().map_err(error)?;
            if !root.is_dir() {
                return Err(error(io::Error::from(io::ErrorKind::NotADirectory)));
            }
            let below = root.join("etc");
            let is_etc = !below.is_dir();
            if is_etc && !HOST_FILES.iter().any(|name| root.join(name).symlink_metadata().is_ok()) {
                return Err(error(io::Error::new(io::ErrorKind::NotFound, "there is no etc/ in it")));
            }
            let shown = typed(path);
            let (etc, shown) = if is_etc { (root.clone(), shown) } else { (below, join(&shown, "etc")) };
            let scope = walk.dir(root.clone());
            let host = walk.host_files(&etc, &shown, Owner { tree: None, host: None, scope });
            walk.given_host = Some((root, etc, host));
        }
        Ok(walk)
    }

    /// Takes in everything that was given. Directories that hold others come first, single files last.
    pub(super) fn inputs(&mut self, inputs: &[PathBuf]) -> Result<(), LoadError> {
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
        let (before, trees) = (self.entries.len(), self.drafts.len());
        let scope = self.dir(real.clone());
        let at = Owner { tree: None, host: None, scope };
        self.scan(real, shown.clone(), 0, at);
        let found_problem = self.entries.get(before..).unwrap_or_default().iter().any(|entry| entry.problem.is_some());
        if self.drafts.len() == trees && !found_problem {
            self.directory(&shown, at, ProblemKind::NothingFound);
        }
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
            entry.target = Some(real);
            if let ItemKind::Special(what) = item {
                entry.problem = Some(ProblemKind::NotRegular(what));
            } else if path.to_str().is_none() {
                entry.problem = Some(ProblemKind::NameNotUtf8);
            }
        }
    }

    /// Bytes that were given.
    pub(super) fn given_bytes(&mut self, name: &str, bytes: Vec<u8>) {
        let shown = if name.is_empty() { "<stdin>" } else { name };
        let Some(index) = self.given_file(shown, shown) else { return };
        let Some(entry) = self.entries.get_mut(index) else { return };
        if bytes.len() > MAX_FILE_SIZE {
            entry.problem = Some(ProblemKind::TooLarge(bytes.len() as u64));
        } else if matches!(entry.want, Want::Read | Want::Guess) {
            if entry.want == Want::Guess {
                guess(entry, &bytes);
            }
            if entry.problem.is_none() {
                entry.file.bytes = bytes;
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
                let tree = self.draft(dir, Layout::Files, Presence::NotLooked);
                self.loose.insert(root.to_owned(), tree);
                tree
            }
        };
        let at = Owner { tree: Some(tree), host: None, scope: 0 };
        let name_at = shown.rfind('/').map_or(0, |slash| slash + 1);
        let rel_at = if shown.ends_with(rel) { shown.len() - rel.len() } else { name_at };
        let index = self.add(shown.to_owned(), rel_at, rel, usize::MAX, OsString::new(), at)?;
        let (kind, vmid) = (self.options.kind, self.options.vmid);
        let entry = self.entries.get_mut(index)?;
        if let Some(kind) = kind {
            entry.file.kind = kind;
            entry.file.told_by = ToldBy::User;
            entry.want = if kind.is_read() { Want::Read } else { Want::No };
        }
        entry.file.vmid = vmid.or(entry.file.vmid);
        match entry.file.kind {
            FileKind::Stray(Stray::GuestElsewhere) => entry.want = Want::Guess,
            FileKind::Stray(_) => entry.problem = Some(ProblemKind::KindUnknown),
            _ => {}
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

    /// Looks at a directory that may be a tree, hold trees or hold nothing.
    fn scan(&mut self, dir: PathBuf, shown: String, depth: usize, at: Owner) {
        let Some(items) = self.list(&dir, &shown, at, depth) else { return };
        match detect(&dir, &items, depth == 0) {
            Some((Layout::Etc, _)) => return self.etc_tree(Here { dir, shown, depth }, &items, at, Layout::Etc, None),
            Some((Layout::SystemRoot, _)) => {
                let etc = dir.join("etc");
                let etc_shown = join(&shown, "etc");
                if let Some(items) = self.list(&etc, &etc_shown, at, depth + 1) {
                    let here = Here { dir: etc, shown: etc_shown, depth: depth + 1 };
                    self.etc_tree(here, &items, at, Layout::SystemRoot, Some(dir));
                }
                return;
            }
            Some((_, prefix)) => {
                let tree = self.pve_draft(&dir, &shown, Layout::Pve);
                let live_host = self.drafts.get(tree as usize).is_some_and(|draft| draft.tree.live);
                if live_host && self.given_host.is_none() {
                    let root = self.options.live_host.clone();
                    let scope = self.dir(root.clone());
                    let shown = join(&typed(&root), "etc");
                    let host =
                        self.host_files(&root.join("etc"), &shown, Owner { tree: Some(tree), host: None, scope });
                    self.set_host(tree, host, Some(root));
                }
                return self.pve_tree(tree, Here { dir, shown, depth }, prefix, items, at.scope);
            }
            None => {}
        }
        let dir_index = self.dir(dir.clone());
        for item in items {
            let name = item.name.to_string_lossy();
            let item_shown = join(&shown, &name);
            match item.kind {
                ItemKind::Dir if name.starts_with('.') => self.ignored_dir(item_shown, dir_index, item, at),
                ItemKind::Dir => self.scan(dir.join(&item.name), item_shown, depth + 1, at),
                kind => {
                    let is_link = kind == ItemKind::Link;
                    let added = self.foreign(item_shown, dir_index, item.name, at);
                    if let (true, Some(entry)) = (is_link, added) {
                        self.links.push(Link { entry, scope: at.scope, foreign: true, alias: false });
                    }
                }
            }
            if self.full {
                return;
            }
        }
    }

    /// A copy of `/etc`, or the one in a system root (`system`).
    fn etc_tree(&mut self, here: Here, items: &[Item], at: Owner, layout: Layout, system: Option<PathBuf>) {
        let Here { dir: etc, shown, depth } = here;
        let shown = shown.as_str();
        let pve = etc.join("pve");
        let pve_shown = join(shown, "pve");
        let tree = self.pve_draft(&pve, &pve_shown, layout);
        let at = Owner { tree: Some(tree), ..at };
        let own_host = self.given_host.as_ref().is_none_or(|(_, given, _)| *given == etc);
        if self.given_host.is_none() {
            let host = self.host_files(&etc, shown, at);
            let live = self.drafts.get(tree as usize).is_some_and(|draft| draft.tree.live);
            let system = system.or_else(|| live.then(|| self.options.live_host.clone()));
            self.set_host(tree, host, system);
        }
        let dir_index = self.dir(etc.clone());
        for item in items {
            let name = item.name.to_string_lossy();
            if item.kind == ItemKind::Dir || (item.kind == ItemKind::Link && name == "pve") {
                continue;
            }
            let is_host = HOST_FILES.contains(&name.as_ref());
            if is_host && own_host {
                continue;
            }
            let item_shown = join(shown, &name);
            let Some(index) = self.foreign(item_shown, dir_index, item.name.clone(), at) else { return };
            if let Some(entry) = self.entries.get_mut(index) {
                if is_host {
                    entry.file.kind = FileKind::Ignored(Ignored::OtherHost);
                } else if name == "vzdump.conf" {
                    entry.file.kind = FileKind::VzdumpConf;
                }
            }
        }
        let Some(item) = items.iter().find(|item| item.name == "pve") else {
            if let Some(draft) = self.drafts.get_mut(tree as usize) {
                draft.pve = Presence::NotLooked;
            }
            return;
        };
        let scope_path = self.dirs.get(at.scope).cloned().unwrap_or_default();
        let problem = match item.kind {
            ItemKind::Dir => None,
            ItemKind::Link => link_target(&pve, &scope_path).err(),
            ItemKind::File => Some(ProblemKind::NotRegular("file where a directory belongs")),
            ItemKind::Special(what) => Some(ProblemKind::NotRegular(what)),
        };
        if let Some(problem) = problem {
            self.unlisted(tree);
            return self.directory(&pve_shown, at, problem);
        }
        let pve = if item.kind == ItemKind::Link { pve.canonicalize().unwrap_or(pve) } else { pve };
        match self.list(&pve, &pve_shown, at, depth + 1) {
            Some(items) => {
                let here = Here { dir: pve, shown: pve_shown, depth: depth + 1 };
                self.pve_tree(tree, here, String::new(), items, at.scope);
            }
            None => self.unlisted(tree),
        }
    }

    /// The files of a tree; `prefix` is what `dir` is below `/etc/pve`.
    fn pve_tree(&mut self, tree: u32, here: Here, prefix: String, items: Vec<Item>, scope: usize) {
        let Here { dir, shown, depth } = here;
        let has_nodes = prefix.starts_with("nodes") || items.iter().any(|item| item.is("nodes", ItemKind::Dir));
        let has_local = items.iter().any(|item| item.is("local", ItemKind::Dir));
        let mut nodes = BTreeSet::new();
        nodes.extend(prefix.split('/').nth(1).filter(|_| has_nodes).map(Arc::from));
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.tree.has_nodes = has_nodes;
            if prefix.is_empty() {
                let link = items.iter().any(|item| item.is("local", ItemKind::Link)).then(|| dir.join("local"));
                let target = link.and_then(|link| link.read_link().ok());
                let node = target.as_deref().and_then(Path::file_name).and_then(OsStr::to_str);
                draft.tree.local_node = node.filter(|node| kind::is_node_name(node)).map(Arc::from);
            } else {
                // Only a part of the tree is at hand: what lies elsewhere isn't absent.
                draft.pve = Presence::NotLooked;
            }
        }
        let has_given_host = self.given_host.is_some();
        let at = Owner { tree: Some(tree), host: None, scope };
        let root_len = shown.len() + usize::from(!shown.is_empty() && !shown.ends_with('/'));
        let here = Here { dir, shown, depth };
        let mut work = vec![Pending { here, rel: prefix, alias: false, items: Some(items) }];
        while let Some(Pending { here, rel: here_rel, alias: here_alias, items }) = work.pop() {
            let Some(items) = items.or_else(|| self.list(&here.dir, &here.shown, at, here.depth)) else { continue };
            let dir_index = self.dir(here.dir.clone());
            for item in items {
                let name = item.name.to_string_lossy();
                let rel = join(&here_rel, &name);
                let item_shown = join(&here.shown, &name);
                let is_alias_name = here_rel.is_empty()
                    && match &*name {
                        "local" => has_nodes,
                        "lxc" | "qemu-server" | "openvz" => {
                            has_nodes || (has_local && here.dir.join("local").join(&item.name).is_dir())
                        }
                        _ => false,
                    };
                if item.kind == ItemKind::Dir {
                    let class = FileKind::from_path(&rel);
                    let is_hidden = name.starts_with('.') && matches!(class.kind, FileKind::Ignored(_));
                    if is_hidden || matches!(class.kind, FileKind::Ignored(Ignored::Lock | Ignored::Editor)) {
                        self.ignored_dir(item_shown, dir_index, item, at);
                        continue;
                    }
                    if !class.kind.is_config() || here_alias {
                        if here_rel == "nodes" {
                            nodes.insert(Arc::from(&*name));
                        }
                        let dir = here.dir.join(&item.name);
                        let alias = here_alias || is_alias_name;
                        let here = Here { dir, shown: item_shown, depth: here.depth + 1 };
                        work.push(Pending { here, rel, alias, items: None });
                        continue;
                    }
                }
                let not_utf8 = item.name.to_str().is_none();
                let Some(index) = self.add(item_shown, root_len, &rel, dir_index, item.name.clone(), at) else {
                    break;
                };
                let Some(entry) = self.entries.get_mut(index) else { break };
                if here_alias {
                    entry.file.kind = FileKind::Ignored(Ignored::Alias);
                    entry.want = Want::No;
                    continue;
                }
                if matches!(entry.file.kind, FileKind::Ignored(_)) {
                    continue;
                }
                if has_given_host && entry.file.kind.is_host() {
                    entry.file.kind = FileKind::Ignored(Ignored::OtherHost);
                    entry.want = Want::No;
                    continue;
                }
                if not_utf8 {
                    entry.problem = Some(ProblemKind::NameNotUtf8);
                }
                if !has_nodes && entry.file.kind == FileKind::Stray(Stray::GuestElsewhere) {
                    entry.want = Want::Guess;
                }
                match item.kind {
                    ItemKind::File => {
                        let hint = RELEASE_FILES.iter().rev().find(|(path, _)| *path == rel);
                        if let (Some(&(path, release)), Some(draft)) = (hint, self.drafts.get_mut(tree as usize)) {
                            draft.file_hint = Some((release, HintFrom::File(path)));
                        }
                    }
                    ItemKind::Link => {
                        let alias = here_rel.is_empty()
                            && ["local", "lxc", "qemu-server", "openvz"].contains(&item.name.to_str().unwrap_or(""));
                        self.links.push(Link { entry: index, scope, foreign: false, alias });
                    }
                    ItemKind::Dir => entry.problem = Some(ProblemKind::NotRegular("directory")),
                    ItemKind::Special(what) => entry.problem = Some(ProblemKind::NotRegular(what)),
                }
            }
        }
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.tree.nodes = nodes.into_iter().collect();
        }
    }

    /// The node's own files in `etc`; gives the number of the host they belong to.
    fn host_files(&mut self, etc: &Path, shown: &str, at: Owner) -> usize {
        let host = self.hosts;
        self.hosts += 1;
        let at = Owner { host: Some(host), ..at };
        let dir_index = self.dir(etc.to_path_buf());
        let rel_at = shown.len() + usize::from(!shown.is_empty() && !shown.ends_with('/'));
        for name in HOST_FILES {
            let item = match etc.join(name).symlink_metadata() {
                Ok(metadata) => Ok(read::item_kind(metadata.file_type())),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => Err(ProblemKind::unreadable(&error)),
            };
            let Some(index) = self.add(join(shown, name), rel_at, name, dir_index, name.into(), at) else { break };
            let Some(entry) = self.entries.get_mut(index) else { break };
            match item {
                Ok(ItemKind::File) => {}
                Ok(ItemKind::Link) => {
                    self.links.push(Link { entry: index, scope: at.scope, foreign: false, alias: false })
                }
                Ok(ItemKind::Dir) => entry.problem = Some(ProblemKind::NotRegular("directory")),
                Ok(ItemKind::Special(what)) => entry.problem = Some(ProblemKind::NotRegular(what)),
                Err(problem) => entry.problem = Some(problem),
            }
        }
        host
    }

    /// A new tree whose `/etc/pve` is `dir`.
    fn pve_draft(&mut self, dir: &Path, shown: &str, layout: Layout) -> u32 {
        let tree = self.draft(shown, layout, Presence::Absent);
        let live = dir == self.options.live_pve
            || (dir.file_name() == self.options.live_pve.file_name()
                && self.options.live_pve.canonicalize().is_ok_and(|live| dir == live));
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.tree.live = live;
        }
        tree
    }

    fn draft(&mut self, shown: &str, layout: Layout, pve: Presence) -> u32 {
        let tree = Tree {
            shown: if shown.is_empty() { ".".to_owned() } else { shown.to_owned() },
            layout,
            live: false,
            nodes: Vec::new(),
            has_nodes: false,
            local_node: None,
            release_hint: None,
            inputs: Vec::new(),
        };
        let given = self.given_host.as_ref();
        let draft = Draft {
            tree,
            pve,
            host: given.map(|given| given.2),
            system: given.map(|given| given.0.clone()),
            file_hint: None,
        };
        self.drafts.push(draft);
        number(self.drafts.len() - 1)
    }

    fn set_host(&mut self, tree: u32, host: usize, system: Option<PathBuf>) {
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.host = Some(host);
            draft.system = system;
        }
    }

    /// The root of this tree couldn't be listed.
    fn unlisted(&mut self, tree: u32) {
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.pve = Presence::Unreadable(None);
        }
    }

    /// The entries of a directory that wasn't listed before; a directory that can't be listed is a problem.
    fn list(&mut self, dir: &Path, shown: &str, at: Owner, depth: usize) -> Option<Vec<Item>> {
        if self.full || !self.visited.insert(dir.to_path_buf()) {
            return None;
        }
        if depth > MAX_DEPTH {
            self.directory(shown, at, ProblemKind::TooDeep);
            return None;
        }
        let left = self.options.max_files.saturating_sub(self.entries.len());
        match read::list(dir, left) {
            Ok((items, more)) => {
                if more {
                    self.directory(shown, at, ProblemKind::TooManyFiles(self.options.max_files));
                    self.full = true;
                }
                Some(items)
            }
            Err(error) => {
                self.directory(shown, at, ProblemKind::unreadable(&error));
                None
            }
        }
    }

    fn dir(&mut self, path: PathBuf) -> usize {
        self.dirs.push(path);
        self.dirs.len() - 1
    }

    fn path_of(&self, entry: &Entry) -> PathBuf {
        match (&entry.target, self.dirs.get(entry.dir)) {
            (Some(target), _) => target.clone(),
            (None, Some(dir)) => dir.join(&entry.name),
            (None, None) => PathBuf::from(&entry.name),
        }
    }

    /// Adds a file by its path below `/etc/pve` or `/etc`. None once the limit is reached.
    fn add(&mut self, shown: String, rel_at: usize, rel: &str, dir: usize, name: OsString, at: Owner) -> Option<usize> {
        if self.entries.len() >= self.options.max_files {
            if !self.full {
                self.full = true;
                let parent = shown.rfind('/').and_then(|slash| shown.get(..slash)).unwrap_or_default();
                self.directory(parent, at, ProblemKind::TooManyFiles(self.options.max_files));
            }
            return None;
        }
        let class = FileKind::from_path(rel);
        let node = class.node.map(|node| self.node(node));
        let file = SourceFile {
            id: FileId(0),
            tree: at.tree.map(TreeId),
            kind: class.kind,
            told_by: ToldBy::Path,
            node,
            vmid: class.vmid,
            shown,
            rel_at,
            state: ReadState::Skipped,
            bytes: Vec::new(),
        };
        let want = if class.kind.is_read() { Want::Read } else { Want::No };
        self.entries.push(Entry { file, dir, name, target: None, host: at.host, want, problem: None });
        Some(self.entries.len() - 1)
    }

    /// Adds a file that is only listed.
    fn foreign(&mut self, shown: String, dir: usize, name: OsString, at: Owner) -> Option<usize> {
        let rel_at = shown.rfind('/').map_or(0, |slash| slash + 1);
        let index = self.add(shown, rel_at, "", dir, name, at)?;
        let entry = self.entries.get_mut(index)?;
        let name = entry.file.shown.get(rel_at..).unwrap_or_default();
        entry.file.kind = match FileKind::from_path(name).kind {
            kind @ FileKind::Ignored(_) => kind,
            _ => FileKind::Foreign,
        };
        Some(index)
    }

    /// Adds a directory that something is wrong with. Always succeeds: limits are for files.
    fn directory(&mut self, shown: &str, at: Owner, problem: ProblemKind) {
        let file = SourceFile {
            id: FileId(0),
            tree: at.tree.map(TreeId),
            kind: FileKind::Directory,
            told_by: ToldBy::Path,
            node: None,
            vmid: None,
            shown: if shown.is_empty() { ".".to_owned() } else { shown.to_owned() },
            rel_at: 0,
            state: ReadState::Failed,
            bytes: Vec::new(),
        };
        self.entries.push(Entry {
            file,
            dir: usize::MAX,
            name: OsString::new(),
            target: None,
            host: at.host,
            want: Want::No,
            problem: Some(problem),
        });
    }

    /// Adds a directory that is left alone.
    fn ignored_dir(&mut self, shown: String, dir: usize, item: Item, at: Owner) {
        let rel_at = shown.len() - shown.rsplit('/').next().map_or(0, str::len);
        let kind = match FileKind::from_path(shown.get(rel_at..).unwrap_or_default()).kind {
            kind @ FileKind::Ignored(_) => kind,
            _ => FileKind::Ignored(Ignored::Lock),
        };
        if let Some(index) = self.add(shown, rel_at, "", dir, item.name, at)
            && let Some(entry) = self.entries.get_mut(index)
        {
            entry.file.kind = kind;
        }
    }

    /// One `Arc` for the files of a node, which come one after the other.
    fn node(&mut self, name: &str) -> Arc<str> {
        match &self.last_node {
            Some(last) if **last == *name => Arc::clone(last),
            _ => {
                let node: Arc<str> = Arc::from(name);
                self.last_node = Some(Arc::clone(&node));
                node
            }
        }
    }

    /// Links are decided on when everything that is read under its own name is known.
    fn resolve_links(&mut self) {
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
                    Ok(ItemKind::File) if entry.want == Want::No || !read.insert(target.clone()) => Ok(None),
                    Ok(ItemKind::File) => Ok(Some(target)),
                    Ok(_) if link.foreign => Ok(None),
                    Ok(ItemKind::Special(what)) => Err(ProblemKind::NotRegular(what)),
                    Ok(ItemKind::Link) => Err(ProblemKind::LinkLoop),
                },
            };
            let Some(entry) = self.entries.get_mut(link.entry) else { continue };
            match decided {
                Ok(Some(target)) => entry.target = Some(target),
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

    /// Sorts, reads, and numbers everything.
    pub(super) fn finish(mut self) -> Sources {
        self.resolve_links();
        let order = self.sort_trees();
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|a, b| a.file.shown.as_bytes().cmp(b.file.shown.as_bytes()));
        self.read(&mut entries);

        let mut sources = Sources::default();
        let mut dpkg: FxHashMap<PathBuf, Option<Release>> = FxHashMap::default();
        let mut hosts = Vec::new();
        for draft in self.drafts {
            let mut tree = draft.tree;
            let from_dpkg = draft.system.and_then(|system| {
                let status = system.join("var/lib/dpkg/status");
                *dpkg.entry(system).or_insert_with(|| read::dpkg_release(&status))
            });
            tree.release_hint = from_dpkg.map(|release| (release, HintFrom::Dpkg)).or(draft.file_hint);
            let host = if draft.host.is_some() { Presence::Absent } else { Presence::NotLooked };
            let states = FileKind::SINGLETONS.iter().map(|kind| if kind.is_host() { host } else { draft.pve });
            tree.inputs = states.collect();
            hosts.push(draft.host);
            sources.trees.push(tree);
        }
        sources.files.reserve_exact(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let mut file = entry.file;
            file.id = FileId(number(index));
            file.tree = file.tree.and_then(|TreeId(tree)| order.get(tree as usize).copied()).map(TreeId);
            let presence = match file.state {
                ReadState::Failed => Presence::Unreadable(Some(file.id)),
                ReadState::Read | ReadState::Skipped => Presence::Present(file.id),
            };
            if let Some(at) = FileKind::SINGLETONS.iter().position(|&kind| kind == file.kind) {
                for (index, (tree, host)) in sources.trees.iter_mut().zip(&hosts).enumerate() {
                    let is_its_own = file.tree == Some(TreeId(number(index)));
                    if (is_its_own || (entry.host.is_some() && entry.host == *host))
                        && let Some(input) = tree.inputs.get_mut(at)
                    {
                        *input = presence;
                    }
                }
            }
            if let Some(kind) = entry.problem {
                sources.problems.push(Problem { file: file.id, kind });
            }
            sources.files.push(file);
        }
        sources
    }

    /// Sorts the trees by the path shown; gives for each old number the new one.
    fn sort_trees(&mut self) -> Vec<u32> {
        let drafts = std::mem::take(&mut self.drafts);
        let mut sorted: Vec<(usize, Draft)> = drafts.into_iter().enumerate().collect();
        sorted.sort_by(|a, b| a.1.tree.shown.as_bytes().cmp(b.1.tree.shown.as_bytes()));
        let mut order = vec![0; sorted.len()];
        for (new, (old, draft)) in sorted.into_iter().enumerate() {
            if let Some(slot) = order.get_mut(old) {
                *slot = number(new);
            }
            self.drafts.push(draft);
        }
        order
    }

    /// Reads what is wanted, a batch at a time, until the limit.
    fn read(&self, entries: &mut [Entry]) {
        let wanted = entries.iter().filter(|entry| matches!(entry.want, Want::Read | Want::Guess)).count();
        let limit = self.options.max_bytes;
        let mut total: u64 = 0;
        for batch in entries.chunks_mut(BATCH) {
            if total > limit {
                // Nothing more is opened; what was wanted is said to be missing.
            } else if wanted >= PARALLEL_FROM {
                batch.par_iter_mut().with_min_len(8).for_each(|entry| self.read_one(entry));
            } else {
                batch.iter_mut().for_each(|entry| self.read_one(entry));
            }
            for entry in batch {
                let is_open = entry.problem.is_none() && matches!(entry.want, Want::Read | Want::Guess);
                total += entry.file.bytes.len() as u64;
                if is_open && total > limit {
                    entry.problem = Some(ProblemKind::TooManyBytes(limit));
                }
                entry.file.state = match (&entry.problem, entry.want) {
                    (Some(_), _) => ReadState::Failed,
                    (None, Want::No) => ReadState::Skipped,
                    (None, _) => ReadState::Read,
                };
                if entry.file.state != ReadState::Read {
                    entry.file.bytes = Vec::new();
                }
            }
        }
    }

    fn read_one(&self, entry: &mut Entry) {
        if entry.problem.is_some() || !matches!(entry.want, Want::Read | Want::Guess) {
            return;
        }
        match read::read(&self.path_of(entry)) {
            Err(problem) => entry.problem = Some(problem),
            Ok(bytes) => {
                if entry.want == Want::Guess {
                    guess(entry, &bytes);
                }
                entry.file.bytes = bytes;
            }
        }
    }
}

/// Lets the text tell what an entry is.
fn guess(entry: &mut Entry, bytes: &[u8]) {
    match kind::guess_guest(bytes) {
        Some(kind) => {
            entry.file.kind = kind;
            entry.file.told_by = ToldBy::Text;
        }
        None => entry.problem = Some(ProblemKind::KindUnknown),
    }
}

/// Where a link leads to, if that is inside `scope`.
fn link_target(link: &Path, scope: &Path) -> Result<PathBuf, ProblemKind> {
    match link.canonicalize() {
        Ok(target) if target.starts_with(scope) => Ok(target),
        Ok(target) => Err(ProblemKind::LinkOutside(target.to_string_lossy().into_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(ProblemKind::LinkBroken),
        // ELOOP of Linux, and of the BSDs.
        Err(error) if matches!(error.raw_os_error(), Some(40 | 62)) => Err(ProblemKind::LinkLoop),
        Err(error) => Err(ProblemKind::unreadable(&error)),
    }
}

fn points_to_directory(link: &Path) -> bool {
    link.metadata().is_ok_and(|metadata| metadata.is_dir())
}

/// Whether a directory is a tree, of which shape, and for a part of `/etc/pve` which part. Being named `pve` is enough for a
/// directory without any sign.
fn detect(dir: &Path, items: &[Item], is_input: bool) -> Option<(Layout, String)> {
    let has = |name: &str, kind| items.iter().any(|item| item.is(name, kind));
    let has_dir = |name| has(name, ItemKind::Dir);
    let any_file = |names: &[&str]| {
        items.iter().any(|item| item.kind != ItemKind::Dir && names.iter().any(|name| item.name == *name))
    };
    let here = Some((Layout::Pve, String::new()));
    let certain = [
        "user.cfg",
        "domains.cfg",
        "storage.cfg",
        "datacenter.cfg",
        "jobs.cfg",
        "replication.cfg",
        ".vmlist",
        ".members",
    ];
    if has_dir("nodes") || any_file(&certain) {
        return here;
    }
    let name = dir.file_name().unwrap_or_default();
    if has_dir("pve") || has("pve", ItemKind::Link) {
        let beside = any_file(&HOST_FILES) || any_file(&["vzdump.conf"]) || has_dir("network");
        if name == "etc" || beside {
            return Some((Layout::Etc, String::new()));
        }
    }
    if has_dir("etc") && ["etc/pve", "etc/subuid", "etc/passwd"].iter().any(|path| dir.join(path).exists()) {
        return Some((Layout::SystemRoot, String::new()));
    }
    if is_input && let Some(prefix) = part_of_tree(dir, items) {
        return Some((Layout::Pve, prefix));
    }
    let is_sign = |item: &Item| match (item.kind, item.name.to_str()) {
        (ItemKind::Dir | ItemKind::Link, Some(name)) => ["lxc", "qemu-server", "openvz"].contains(&name),
        (ItemKind::File, Some(name)) => {
            let kind = FileKind::from_path(name).kind;
            kind == FileKind::Stray(Stray::GuestElsewhere)
                || (kind.is_config() && !kind.is_host() && !node_has_it_too(kind))
        }
        _ => false,
    };
    if name == "pve" || items.iter().any(is_sign) {
        return here;
    }
    // `/etc` of a node that nobody copied `pve/` from.
    any_file(&["subuid", "subgid"]).then(|| (Layout::Etc, String::new()))
}

/// Whether a node has a file of this name outside `/etc/pve` too.
fn node_has_it_too(kind: FileKind) -> bool {
    matches!(kind, FileKind::VzdumpConf | FileKind::CorosyncConf | FileKind::CephConf)
}

/// For a directory inside an `/etc/pve` that was given on its own: its path in there.
fn part_of_tree(dir: &Path, items: &[Item]) -> Option<String> {
    let path = dir.to_str()?;
    let tails = path.match_indices('/').map(|(at, _)| at + 1).filter_map(|at| path.get(at..));
    let tails: Vec<&str> = tails.filter(|tail| tail.split('/').count() <= 3).collect();
    let fits = |prefix: &str| {
        items.iter().any(|item| {
            let rel = join(prefix, &item.name.to_string_lossy());
            match item.kind {
                ItemKind::File => FileKind::from_path(&rel).kind.is_config(),
                ItemKind::Dir if prefix == "nodes" => {
                    let node = dir.join(&item.name);
                    ["lxc", "qemu-server"].iter().any(|guests| node.join(guests).is_dir())
                }
                ItemKind::Dir => FileKind::from_path(&join(&rel, "100.conf")).kind.is_config(),
                _ => false,
            }
        })
    };
    let names = ["nodes", "lxc", "qemu-server", "openvz", "firewall", "ha", "sdn", "mapping", "virtual-guest"];
    let is_name = |tail: &&&str| tail.split('/').next().is_some_and(|first| names.contains(&first));
    tails.iter().filter(is_name).find(|tail| fits(tail)).map(|&tail| tail.to_owned())
}

/// A path as it was typed, without slashes at its end or dots inside.
fn typed(path: &Path) -> String {
    let path: PathBuf = path.components().collect();
    if path == Path::new(".") { String::new() } else { path.to_string_lossy().into_owned() }
}

fn join(dir: &str, name: &str) -> String {
    let mut path = String::with_capacity(dir.len() + 1 + name.len());
    path.push_str(dir);
    if !dir.is_empty() && !dir.ends_with('/') {
        path.push('/');
    }
    path.push_str(name);
    path
}

/// An index as it is stored; there are never 2^32 files ([`LoadOptions::max_files`] or memory ends earlier).
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
