//! Finding the files: which directories are trees, what is in them, what is wrong with them; then reading.
//!
//! Directories are listed one after the other, in input and name order, so that limits and duplicates always strike the
//! same files; only the reading is parallel. Here is what the walk keeps; `inputs` begins it, `shape` tells which directories are
//! trees, `trees` goes through them, `links` decides what links are worth, `finish` reads, `join` puts parts of one tree together.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::files::{FileKind, Nature, host_files};
use super::guess::{guess_guest, looks_like_guest, surely_guest, vmid_in_name, vmid_in_volumes};
use super::kind::{Ignored, Unrecognised};
use super::read::{self, Item, ItemKind};
use super::{
    HintFrom, Layout, LoadError, LoadOptions, MAX_DEPTH, Presence, ProblemKind, ReadState, SourceFile, ToldBy, Tree,
    TreeId, VmidBy,
};
use crate::release::Release;
use crate::text::FileId;

mod finish;
mod inputs;
mod join;
mod links;
mod shape;
mod trees;

pub(super) use links::link_target;

/// What is done about a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    No,
    Read,
    /// Read, and let the text tell container from VM.
    Guess,
    /// Read, and a guest's only when the text is surely one: its name says nothing.
    GuessAny,
    /// They are there already.
    Given,
}

impl Want {
    /// Whether bytes are to be got.
    const fn is_read(self) -> bool {
        matches!(self, Self::Read | Self::Guess | Self::GuessAny)
    }
}

/// A file on its way to [`SourceFile`].
struct Entry {
    file: SourceFile,
    /// Index into [`Walk::dirs`].
    dir: usize,
    /// The real place, where it isn't in that directory under the name at the end of the path shown.
    target: Option<Box<Path>>,
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
    /// Where it is: what is joined by.
    dir: PathBuf,
    /// Nothing but the name of a directory or of a guest's file speaks for it: without a file that is read, it is no tree.
    weak: bool,
    /// Its files are those of another one by now.
    gone: bool,
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
    /// Directories that were listed before their turn.
    ahead: FxHashMap<PathBuf, Vec<Item>>,
    drafts: Vec<Draft>,
    /// Trees of files given one by one, by the directory that would be `/etc/pve`.
    loose: FxHashMap<String, u32>,
    /// The directories that were given, and those in which files were given.
    given: Vec<PathBuf>,
    /// The directories that were given, and how they were written.
    given_dirs: Vec<(PathBuf, String)>,
    hosts: usize,
    /// The host root that was given: its path, its `etc`, the host it became.
    given_host: Option<(PathBuf, PathBuf, usize)>,
    last_node: Option<Arc<str>>,
    full: bool,
    /// The bytes of what isn't read.
    nothing: Arc<Vec<u8>>,
}

impl<'o> Walk<'o> {
    pub(super) fn new(options: &'o LoadOptions) -> Result<Self, LoadError> {
        let mut walk = Self {
            options,
            dirs: Vec::new(),
            entries: Vec::new(),
            links: Vec::new(),
            visited: FxHashSet::default(),
            ahead: FxHashMap::default(),
            drafts: Vec::new(),
            loose: FxHashMap::default(),
            given: Vec::new(),
            given_dirs: Vec::new(),
            hosts: 0,
            given_host: None,
            last_node: None,
            full: false,
            nothing: Arc::default(),
        };
        if let Some(path) = &options.host_root {
            let error = |source| LoadError::HostRoot { path: path.clone(), source };
            let root = path.canonicalize().map_err(error)?;
            if !root.is_dir() {
                return Err(error(io::Error::from(io::ErrorKind::NotADirectory)));
            }
            let below = root.join("etc");
            let is_etc = !below.is_dir();
            if is_etc && !host_files().any(|name| root.join(name).symlink_metadata().is_ok()) {
                return Err(error(io::Error::new(io::ErrorKind::NotFound, "there is no etc/ in it")));
            }
            let shown = inputs::typed(path);
            let (etc, shown) = if is_etc { (root.clone(), shown) } else { (below, join(&shown, "etc")) };
            let scope = walk.dir(root.clone());
            let host = walk.host_files(&etc, &shown, Owner { tree: None, host: None, scope });
            walk.given_host = Some((root, etc, host));
        }
        Ok(walk)
    }

    fn draft(&mut self, dir: &Path, shown: &str, layout: Layout, pve: Presence) -> u32 {
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
            dir: dir.to_path_buf(),
            weak: false,
            gone: false,
        };
        self.drafts.push(draft);
        number(self.drafts.len() - 1)
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
        let known = self.ahead.remove(dir).filter(|items| items.len() <= left);
        match known.map_or_else(|| read::list(dir, left), |items| Ok((items, false))) {
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

    /// Lists the directories of nodes and their guests, which hold nearly all files of a large tree, where there are threads that
    /// wait for work. Their turn comes as if nothing had been listed.
    fn look_ahead(&mut self, nodes: &[Pending]) {
        const NODES: usize = 64;
        const ENTRIES: usize = 10_000;
        if rayon::current_thread_index().is_none() || nodes.len() < 2 {
            return;
        }
        // What is cut off, or can't be listed, is looked at again in its turn.
        let list = |dir: PathBuf| Some((read::list(&dir, ENTRIES).ok().filter(|(_, more)| !more)?.0, dir));
        let one = |node: &Pending| {
            let Some((items, dir)) = list(node.here.dir.clone()) else { return Vec::new() };
            let guests =
                ["lxc", "qemu-server"].into_iter().filter(|name| items.iter().any(|item| item.is(name, ItemKind::Dir)));
            let mut listed: Vec<_> = guests.filter_map(|name| list(dir.join(name))).collect();
            listed.push((items, dir));
            listed
        };
        let listed: Vec<_> = nodes.par_iter().take(NODES).flat_map_iter(one).collect();
        self.ahead.extend(listed.into_iter().map(|(items, dir)| (dir, items)));
    }

    fn dir(&mut self, path: PathBuf) -> usize {
        self.dirs.push(path);
        self.dirs.len() - 1
    }

    fn path_of(&self, entry: &Entry) -> PathBuf {
        match (&entry.target, self.dirs.get(entry.dir)) {
            (Some(target), _) => target.to_path_buf(),
            (None, Some(dir)) => dir.join(entry.file.shown.rsplit('/').next().unwrap_or_default()),
            (None, None) => PathBuf::new(),
        }
    }

    /// Adds a file by its path below `/etc/pve` or `/etc`; `name` is what it is called in `dir`. None once the limit is
    /// reached.
    fn add(&mut self, shown: String, rel_at: usize, rel: &str, dir: usize, name: &OsStr, at: Owner) -> Option<usize> {
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
            vmid_by: VmidBy::Path,
            shown,
            rel_at,
            state: ReadState::Skipped,
            bytes: Arc::clone(&self.nothing),
        };
        let want = if class.kind.is_read() { Want::Read } else { Want::No };
        let shows_name = name.to_str().is_some_and(|name| !name.contains('/'));
        let target = self.dirs.get(dir).filter(|_| !shows_name).map(|dir| dir.join(name).into());
        self.entries.push(Entry { file, dir, target, host: at.host, want, problem: None });
        Some(self.entries.len() - 1)
    }

    /// Adds a file that is only listed.
    fn foreign(&mut self, shown: String, dir: usize, name: &OsStr, at: Owner) -> Option<usize> {
        let rel_at = shown.rfind('/').map_or(0, |slash| slash + 1);
        let index = self.add(shown, rel_at, "", dir, name, at)?;
        let entry = self.entries.get_mut(index)?;
        let name = entry.file.shown.get(rel_at..).unwrap_or_default();
        entry.file.kind = match FileKind::from_path(name).kind {
            kind @ FileKind::Ignored(_) => kind,
            kind if kind.spec().is_some_and(|spec| spec.nature == Nature::Virtual) => kind,
            _ if name == "config.db" => FileKind::Unrecognised(Unrecognised::Database),
            _ => FileKind::OutsideTree,
        };
        entry.want = Want::No;
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
            vmid_by: VmidBy::Path,
            shown: if shown.is_empty() { ".".to_owned() } else { shown.to_owned() },
            rel_at: 0,
            state: ReadState::Failed,
            bytes: Arc::clone(&self.nothing),
        };
        self.entries.push(Entry {
            file,
            dir: usize::MAX,
            target: None,
            host: at.host,
            want: Want::No,
            problem: Some(problem),
        });
    }

    /// Adds a directory that is left alone.
    fn ignored_dir(&mut self, shown: String, dir: usize, item: &Item, at: Owner) {
        let rel_at = shown.len() - shown.rsplit('/').next().map_or(0, str::len);
        let kind = match FileKind::from_path(shown.get(rel_at..).unwrap_or_default()).kind {
            kind @ FileKind::Ignored(_) => kind,
            _ => FileKind::Ignored(Ignored::Lock),
        };
        if let Some(index) = self.add(shown, rel_at, "", dir, &item.name, at)
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
}

/// Lets the text tell what an entry is. `any` is for one whose name says nothing: only what is surely a guest's counts then.
fn guess(entry: &mut Entry, bytes: &[u8], any: bool) {
    let kind = if any { surely_guest(bytes) } else { guess_guest(bytes).filter(|_| looks_like_guest(bytes)) };
    match kind {
        Some(kind) => {
            entry.file.kind = kind;
            entry.file.told_by = ToldBy::Text;
            let name = entry.file.shown.rsplit('/').next().unwrap_or_default();
            if entry.file.vmid.is_none() {
                entry.file.vmid = vmid_in_name(name);
                entry.file.vmid_by = VmidBy::Name;
            }
            if entry.file.vmid.is_none() {
                entry.file.vmid = vmid_in_volumes(bytes);
                entry.file.vmid_by = VmidBy::Volumes;
            }
        }
        None if !any && (entry.host.is_none() && entry.dir == usize::MAX || looks_like_guest(bytes)) => {
            entry.problem = Some(ProblemKind::KindUnknown);
        }
        None => {
            if matches!(entry.file.kind, FileKind::Unrecognised(Unrecognised::GuestElsewhere)) {
                entry.file.kind = FileKind::Unrecognised(Unrecognised::Unknown);
            }
            entry.want = Want::No;
        }
    }
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
