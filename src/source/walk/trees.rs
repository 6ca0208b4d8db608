//! Directories: what is below one that was given, a copy of `/etc` and the node's files in it, `/etc/pve` itself.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::inputs::typed;
use super::links::link_target;
use super::shape::{Shape, detect, is_certain, is_pves_own, is_whole_system};
use super::{Here, Link, Owner, Pending, Walk, Want, join};
use crate::release::Release;
use crate::source::files::{FileKind, host_files, is_host_file};
use crate::source::guess::may_be_guest;
use crate::source::kind::{self, Ignored, Unrecognised};
use crate::source::read::{self, Item, ItemKind};
use crate::source::{HintFrom, Layout, Presence, ProblemKind};

/// The file of the newest release that is at this path: one that tells the release.
fn release_file(kind: FileKind) -> Option<(&'static str, Release)> {
    let spec = kind.spec().filter(|spec| spec.releases.since == Release::LATEST)?;
    spec.paths.first().map(|&path| (path, Release::LATEST))
}

impl Walk<'_> {
    /// Looks at a directory that may be a tree, hold trees or hold nothing.
    pub(super) fn scan(&mut self, dir: PathBuf, shown: String, depth: usize, at: Owner) {
        let Some(items) = self.list(&dir, &shown, at, depth) else { return };
        match detect(&dir, &items, depth == 0) {
            Some(Shape::Etc) => {
                self.etc_tree(Here { dir: dir.clone(), shown: shown.clone(), depth }, &items, at, Layout::Etc, None);
                if dir.file_name().is_some_and(|name| name == "etc") {
                    // vzdump keeps the guest's configuration in its archive.
                    self.scan_below(&dir, &shown, depth, at, &items, |name| name == "vzdump");
                } else {
                    self.scan_below(&dir, &shown, depth, at, &items, |name| name != "pve" && name != "network");
                }
            }
            Some(Shape::SystemRoot) => {
                let etc = dir.join("etc");
                let etc_shown = join(&shown, "etc");
                if let Some(items) = self.list(&etc, &etc_shown, at, depth + 1) {
                    let here = Here { dir: etc.clone(), shown: etc_shown.clone(), depth: depth + 1 };
                    self.etc_tree(here, &items, at, Layout::SystemRoot, Some(dir.clone()));
                    self.scan_below(&etc, &etc_shown, depth + 1, at, &items, |name| name == "vzdump");
                }
                let is_live = self.drafts.iter().any(|draft| draft.tree.live && draft.dir == etc);
                if is_live || is_whole_system(&dir, &items) {
                    self.database(&dir, &shown, at);
                } else {
                    self.others(&dir, &shown, at, &items);
                    self.scan_below(&dir, &shown, depth, at, &items, |name| name != "etc");
                }
            }
            Some(Shape::Pve { part, weak }) => {
                let tree = self.pve_draft(&dir, &shown, Layout::Pve);
                let live_host = self.drafts.get_mut(tree as usize).is_some_and(|draft| {
                    draft.weak = weak && !draft.tree.live;
                    draft.tree.live
                });
                if live_host && self.given_host.is_none() {
                    let root = self.options.live_host.clone();
                    let scope = self.dir(root.clone());
                    let shown = join(&typed(&root), "etc");
                    let host =
                        self.host_files(&root.join("etc"), &shown, Owner { tree: Some(tree), host: None, scope });
                    self.set_host(tree, host, Some(root));
                }
                self.pve_tree(tree, Here { dir, shown, depth }, part, items, at.scope);
            }
            None => {
                self.others(&dir, &shown, at, &items);
                self.scan_below(&dir, &shown, depth, at, &items, |_| true);
            }
        }
    }

    /// Looks at those directories in `dir` that `wanted` picks by their names.
    fn scan_below(
        &mut self,
        dir: &Path,
        shown: &str,
        depth: usize,
        at: Owner,
        items: &[Item],
        wanted: impl Fn(&str) -> bool,
    ) {
        let dir_index = self.dir(dir.to_path_buf());
        for item in items.iter().filter(|item| item.kind == ItemKind::Dir) {
            let name = item.name.to_string_lossy();
            if self.full || !wanted(&name) {
                continue;
            }
            if name.starts_with('.') {
                self.hidden_dir(join(shown, &name), dir.join(&item.name), dir_index, item, at);
            } else {
                self.scan(dir.join(&item.name), join(shown, &name), depth + 1, at);
            }
        }
    }

    /// Lists the files of a directory that is no tree.
    fn others(&mut self, dir: &Path, shown: &str, at: Owner, items: &[Item]) {
        let dir_index = self.dir(dir.to_path_buf());
        for item in items.iter().filter(|item| item.kind != ItemKind::Dir) {
            let Some(entry) = self.foreign(join(shown, &item.name.to_string_lossy()), dir_index, &item.name, at) else {
                return;
            };
            if item.kind == ItemKind::Link {
                self.links.push(Link { entry, scope: at.scope, foreign: true, alias: false });
            }
        }
    }

    /// A hidden directory is left alone; one that holds a configuration is named as such.
    fn hidden_dir(&mut self, shown: String, dir: PathBuf, parent: usize, item: &Item, at: Owner) {
        let holds_pve = read::list(&dir, 256).is_ok_and(|(items, _)| is_certain(&items));
        let before = self.entries.len();
        self.ignored_dir(shown, parent, item, at);
        if holds_pve && let Some(entry) = self.entries.get_mut(before) {
            entry.file.kind = FileKind::Unrecognised(Unrecognised::HiddenTree);
        }
    }

    /// The database that pmxcfs keeps `/etc/pve` in, of a whole system.
    fn database(&mut self, root: &Path, shown: &str, at: Owner) {
        let below = "var/lib/pve-cluster";
        let dir = root.join(below);
        if dir.join("config.db").is_file() {
            let dir_index = self.dir(dir);
            self.foreign(join(&join(shown, below), "config.db"), dir_index, "config.db".as_ref(), at);
        }
    }

    /// A copy of `/etc`, or the one in a system root (`system`).
    fn etc_tree(&mut self, here: Here, items: &[Item], at: Owner, layout: Layout, system: Option<PathBuf>) {
        let Here { dir: etc, shown, depth } = here;
        let shown = shown.as_str();
        let pve = etc.join("pve");
        let pve_shown = join(shown, "pve");
        let tree = self.pve_draft(&pve, &pve_shown, layout);
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.dir = etc.clone();
        }
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
            let is_host = is_host_file(&name);
            if is_host && own_host {
                continue;
            }
            let item_shown = join(shown, &name);
            let Some(index) = self.foreign(item_shown, dir_index, &item.name, at) else { return };
            if is_host && let Some(entry) = self.entries.get_mut(index) {
                entry.file.kind = FileKind::Ignored(Ignored::OtherHost);
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
            Some(items) if items.is_empty() => {
                if let Some(draft) = self.drafts.get_mut(tree as usize) {
                    draft.pve = Presence::NotLooked;
                }
                self.directory(&pve_shown, at, ProblemKind::EmptyPve);
            }
            Some(items) => {
                let here = Here { dir: pve, shown: pve_shown, depth: depth + 1 };
                self.pve_tree(tree, here, String::new(), items, at.scope);
            }
            None => self.unlisted(tree),
        }
    }

    /// The files of a tree; `prefix` is what `dir` is below `/etc/pve`.
    fn pve_tree(&mut self, tree: u32, here: Here, prefix: String, items: Vec<Item>, input: usize) {
        let Here { dir, shown, depth } = here;
        let is_live = self.drafts.get(tree as usize).is_some_and(|draft| draft.tree.live);
        // Surely `/etc/pve` itself, and no folder in which somebody keeps files of both.
        let is_pve = is_live || self.drafts.get(tree as usize).is_some_and(|draft| draft.tree.layout != Layout::Pve);
        // Links may lead to other files of this tree.
        let scope = if prefix.is_empty() { self.dir(dir.clone()) } else { input };
        let mut strays: Vec<Here> = Vec::new();
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
            self.entries.reserve(items.len());
            let mut below = Vec::new();
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
                    if is_hidden {
                        self.hidden_dir(item_shown, here.dir.join(&item.name), dir_index, &item, at);
                        continue;
                    }
                    if matches!(class.kind, FileKind::Ignored(Ignored::Lock | Ignored::Editor)) {
                        self.ignored_dir(item_shown, dir_index, &item, at);
                        continue;
                    }
                    if !class.kind.is_config() && !is_live && !here_alias && !is_pves_own(&rel) {
                        // PVE has no such directory, but it may hold a part of the copy, or another one.
                        let dir = here.dir.join(&item.name);
                        strays.push(Here { dir, shown: item_shown, depth: here.depth + 1 });
                        continue;
                    }
                    if !class.kind.is_config() || here_alias {
                        if here_rel == "nodes" {
                            nodes.insert(Arc::from(&*name));
                        }
                        let dir = here.dir.join(&item.name);
                        let alias = here_alias || is_alias_name;
                        let here = Here { dir, shown: item_shown, depth: here.depth + 1 };
                        below.push(Pending { here, rel, alias, items: None });
                        continue;
                    }
                }
                let not_utf8 = item.name.to_str().is_none();
                let Some(index) = self.add(item_shown, root_len, &rel, dir_index, &item.name, at) else {
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
                if rel == "vzdump.conf" && is_pve {
                    entry.file.kind = FileKind::PveVzdumpConf;
                }
                if has_given_host && entry.file.kind.is_host() {
                    entry.file.kind = FileKind::Ignored(Ignored::OtherHost);
                    entry.want = Want::No;
                    continue;
                }
                if not_utf8 {
                    entry.problem = Some(ProblemKind::NameNotUtf8);
                }
                // A copy of all of `/etc/pve` has PVE's own names in `nodes/`; elsewhere people name guests as they like.
                let by_text = !is_live && !rel.starts_with("nodes/") && !rel.starts_with("priv/");
                match entry.file.kind {
                    FileKind::Unrecognised(Unrecognised::GuestElsewhere) if !has_nodes => entry.want = Want::Guess,
                    FileKind::Unrecognised(_) if by_text && may_be_guest(&name) => entry.want = Want::GuessAny,
                    _ => {}
                }
                match item.kind {
                    ItemKind::File => {
                        let hint = release_file(entry.file.kind);
                        if let (Some((path, release)), Some(draft)) = (hint, self.drafts.get_mut(tree as usize)) {
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
            if here_rel == "nodes" {
                self.look_ahead(&below);
            }
            // In the order of their names, so that little is left to sort.
            work.extend(below.into_iter().rev());
        }
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.tree.nodes = nodes.into_iter().collect();
        }
        let outside = Owner { tree: None, host: None, scope: input };
        for Here { dir, shown, depth } in strays {
            self.scan(dir, shown, depth.max(1), outside);
        }
    }

    /// The node's own files in `etc`; gives the number of the host they belong to.
    pub(super) fn host_files(&mut self, etc: &Path, shown: &str, at: Owner) -> usize {
        let host = self.hosts;
        self.hosts += 1;
        let at = Owner { host: Some(host), ..at };
        let dir_index = self.dir(etc.to_path_buf());
        let rel_at = shown.len() + usize::from(!shown.is_empty() && !shown.ends_with('/'));
        for name in host_files() {
            let item = match etc.join(name).symlink_metadata() {
                Ok(metadata) => Ok(read::item_kind(metadata.file_type())),
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => Err(ProblemKind::unreadable(&error)),
            };
            let Some(index) = self.add(join(shown, name), rel_at, name, dir_index, name.as_ref(), at) else { break };
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
        let tree = self.draft(dir, shown, layout, Presence::Absent);
        let live = dir == self.options.live_pve
            || (dir.file_name() == self.options.live_pve.file_name()
                && self.options.live_pve.canonicalize().is_ok_and(|live| dir == live));
        if let Some(draft) = self.drafts.get_mut(tree as usize) {
            draft.tree.live = live;
        }
        tree
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
}
