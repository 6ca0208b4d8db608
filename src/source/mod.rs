//! Where bytes come from: a tree on disk in whatever shape people keep it, single files, standard input.
//!
//! [`Sources::load`] finds the files, says what each one is ([`FileKind`]) and reads those that are understood, in parallel.
//! Nothing here knows what the bytes mean. Whatever can't be read, a FIFO, a link that leaves the tree, a file that is too
//! large, is a [`Problem`] with a file of its own (of no bytes), so that a finding has a place to point at; nothing is left
//! out silently, and nothing makes it hang or fail.
//!
//! # Shapes of a tree
//!
//! A directory is a tree for what is in it, never for its name.
//!
//! * [`Layout::Pve`]: `/etc/pve` or a copy: has a file that only PVE has (`user.cfg`, `storage.cfg`, ...), a `nodes/` with the
//!   directories of nodes, or guests' files in `lxc/` or `qemu-server/`. A part of one, such as `.../nodes/pve1/lxc`, is taken for
//!   what its path says. What PVE doesn't know in a copy is searched for further trees.
//! * [`Layout::Etc`]: a copy of `/etc`: has `pve/`. `subuid`, `subgid`, `passwd`, `group`, `nsswitch.conf` and
//!   `network/interfaces` beside it are the node's; other files there are listed ([`FileKind::OutsideTree`]), other directories
//!   of a directory named `etc` left alone.
//! * [`Layout::SystemRoot`]: has `etc/pve` (or `etc/subuid`, `etc/passwd`), and `var/lib/dpkg/status` for the release. What else
//!   is in there is searched, unless it is a whole system.
//! * Any other directory is searched for those, however many; files in it that may be a guest's under another name are read, and
//!   are one when their text says so ([`guess_guest`]). The other files in it are listed as [`FileKind::OutsideTree`].
//! * [`Layout::Files`]: files given one by one. Those whose paths say they belong to one `/etc/pve` form one tree.
//!
//! Parts of one configuration that lie in several directories (`etc/` beside `pve/`, `lxc/` beside `host/storage.cfg`) are joined,
//! as long as neither has what the other has.
//!
//! # Links
//!
//! `local`, `lxc`, `qemu-server` and `openvz` at the root of `/etc/pve` point into `nodes/`; they are never followed, and
//! where a copy has real directories in their place these are left alone too, as long as there is `nodes/`. Any other link
//! to a directory isn't followed: what it points at is read under its own name, or the link is a problem. A link to a
//! regular file of the same kind inside the tree is read once: under the target's own name if that is read, else under the link's
//! name (a target in `..data`, as Kubernetes lays files out). A link that leaves the input, ends nowhere or
//! runs in a circle is a problem, and so
//! is one to a file of another kind, into `priv/` or into a hidden directory (but Kubernetes' own, `..data`).

mod coverage;
mod encoded;
mod files;
mod guess;
mod kind;
mod read;
mod redact;
mod snapshot;
mod walk;

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use coverage::Unread;
pub use encoded::{Encoded, encoded};
pub use files::{FILES, Family, FileKind, FileSpec, Nature, Redact, Releases, Scope, Side};
pub use guess::guess_guest;
pub use kind::{Classified, Ignored, Unrecognised, is_node_name, relative_part};
pub use read::{dpkg_release, read_beside};
pub use snapshot::Snapshot;

use crate::release::Release;
use crate::text::{FileId, MAX_FILE_SIZE, printable_str};

/// How many directories deep an input is searched.
pub const MAX_DEPTH: usize = 16;

/// What to read, and how much.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// The directory that holds `etc/subuid` and the other files of the node (a copy of `/etc` will do as well). For every
    /// tree it takes the place of the files beside it.
    pub host_root: Option<PathBuf>,
    /// What files given one by one, or standard input, are, whatever their names say.
    pub kind: Option<FileKind>,
    /// The guest that files given one by one, or standard input, belong to, whatever their names say.
    pub vmid: Option<u32>,
    /// How many files and directories are listed at most.
    pub max_files: usize,
    /// How many bytes are kept at most.
    pub max_bytes: u64,
    /// The directory that is not a copy: this node's own.
    pub live_pve: PathBuf,
    /// The host root that belongs to [`Self::live_pve`].
    pub live_host: PathBuf,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            host_root: None,
            kind: None,
            vmid: None,
            max_files: 200_000,
            max_bytes: 256 * 1024 * 1024,
            live_pve: PathBuf::from("/etc/pve"),
            live_host: PathBuf::from("/"),
        }
    }
}

/// Everything that was found.
#[derive(Debug, Default)]
pub struct Sources {
    /// All files, in the byte order of [`SourceFile::shown`]; a file's [`FileId`] is its index.
    pub files: Vec<SourceFile>,
    /// What went wrong, in the order of the files.
    pub problems: Vec<Problem>,
    /// The trees, in the byte order of [`Tree::shown`]; a tree's [`TreeId`] is its index.
    pub trees: Vec<Tree>,
}

/// One tree of [`Sources::trees`], by its index there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TreeId(pub u32);

/// One file (or a directory that is listed for a [`Problem`]).
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Its index in [`Sources::files`].
    pub id: FileId,
    /// The tree it is part of. None for files that several trees may share ([`LoadOptions::host_root`]; see [`Tree::input`])
    /// and for those outside every tree.
    pub tree: Option<TreeId>,
    /// What it is.
    pub kind: FileKind,
    /// What [`Self::kind`] was told by.
    pub told_by: ToldBy,
    /// The node it belongs to, as its path says.
    pub node: Option<Arc<str>>,
    /// The guest it belongs to.
    pub vmid: Option<u32>,
    /// What [`Self::vmid`] was told by.
    pub vmid_by: VmidBy,
    /// The path as the user would write it: what was given, and the way from there. Invalid UTF-8 shows as U+FFFD; control
    /// characters are not escaped here.
    pub shown: String,
    /// Where in [`Self::shown`] the path below `/etc/pve` or `/etc` begins.
    rel_at: usize,
    /// Whether [`Self::bytes`] are the file's.
    pub state: ReadState,
    /// The content; empty where [`Self::state`] is [`ReadState::Skipped`] or [`ReadState::Failed`]. Secrets in it are overwritten
    /// ([`FileSpec::redact`]).
    pub bytes: Arc<Vec<u8>>,
}

/// What a file's vmid was told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VmidBy {
    /// Its path, as PVE's, or the user ([`LoadOptions::vmid`]).
    Path,
    /// A number in a name that isn't PVE's: `ct-101-web.conf`.
    Name,
    /// The names of the guest's volumes.
    Volumes,
}

/// What became of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadState {
    /// They are there.
    Read,
    /// They are there, and no tree's: [`Sources::attach`].
    Attached,
    /// Nothing reads this kind of file, so they were not looked at.
    Skipped,
    /// They should be there and are not: a [`Problem`] says why.
    Failed,
}

/// What a file's kind was told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToldBy {
    /// Its path.
    Path,
    /// Its text ([`guess_guest`]): a `<vmid>.conf` with neither `lxc/` nor `qemu-server/` above it.
    Text,
    /// The user ([`LoadOptions::kind`]).
    User,
}

/// One tree: an `/etc/pve`, a copy or a part of one, with the node's files where they are at hand.
#[derive(Clone, Debug)]
pub struct Tree {
    /// The directory that is `/etc/pve`, as the user would write it; for [`Layout::Files`] the one that would be.
    pub shown: String,
    /// What the input looked like.
    pub layout: Layout,
    /// Whether it is this node's own `/etc/pve`.
    pub live: bool,
    /// The directories under `nodes/`, sorted, those without any file too.
    pub nodes: Vec<Arc<str>>,
    /// Whether there is a `nodes/`: without one, guests belong to a node that nobody named.
    pub has_nodes: bool,
    /// The node whose `/etc/pve` it is, as the link `local` says.
    pub local_node: Option<Arc<str>>,
    /// The release it belongs to, where something says so.
    pub release_hint: Option<(Release, HintFrom)>,
    /// By the order of [`FILES`].
    inputs: Vec<Presence>,
}

/// What a tree looked like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Layout {
    /// `/etc/pve` itself, a copy or a part of it.
    Pve,
    /// A copy of `/etc`.
    Etc,
    /// A system root, with `etc/` in it.
    SystemRoot,
    /// Files given one by one, or standard input.
    Files,
}

/// What a release was told by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintFrom {
    /// pve-manager's version in `/var/lib/dpkg/status`.
    Dpkg,
    /// A file (by its name below `/etc/pve`) that older releases don't have.
    File(&'static str),
}

/// Whether a kind of file is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Nobody looked: the directory it would be in isn't part of the input.
    NotLooked,
    /// The directory it belongs in was looked at (or isn't there either), and it isn't there.
    Absent,
    /// It is there.
    Present(FileId),
    /// It is there and can't be read, see [`Sources::problems`]; `None` when already the directory can't be listed.
    Unreadable(Option<FileId>),
}

/// Something that kept a file or directory from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where; a file without bytes.
    pub file: FileId,
    /// What.
    pub kind: ProblemKind,
}

/// What kept a file or directory from being read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// The operating system refused; its words.
    Unreadable(String),
    /// So many bytes; pmxcfs stores [`MAX_FILE_SIZE`] at most.
    TooLarge(u64),
    /// A FIFO, socket or device, or a directory where a file belongs; what it is.
    NotRegular(&'static str),
    /// A link that leaves the input; where to.
    LinkOutside(String),
    /// A link to itself, over however many steps.
    LinkLoop,
    /// A link to nothing.
    LinkBroken,
    /// A link to a directory that isn't read under its own name; where to.
    LinkDirectory(String),
    /// A link to a file of another kind, into `priv/` or into a hidden directory; where to.
    LinkOther(String),
    /// A directory more than [`MAX_DEPTH`] below the input.
    TooDeep,
    /// More files than [`LoadOptions::max_files`]; this is where the rest was left out.
    TooManyFiles(usize),
    /// More bytes than [`LoadOptions::max_bytes`]; this file was left out.
    TooManyBytes(u64),
    /// A name that isn't UTF-8.
    NameNotUtf8,
    /// A file that was given, or a `<vmid>.conf`, of which neither path nor text say what it is.
    KindUnknown,
    /// A directory that was given, with no configuration in it.
    NothingFound,
    /// The `pve/` of a copy, without anything in it.
    EmptyPve,
    /// The bytes are no text.
    Encoded(Encoded),
}

impl ProblemKind {
    fn unreadable(error: &io::Error) -> Self {
        Self::Unreadable(error.to_string())
    }
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(f, "can't be read: {}", printable_str(reason)),
            Self::TooLarge(size) => write!(f, "is larger than 1 MiB ({size} bytes), the most pmxcfs stores"),
            Self::NotRegular(what) => write!(f, "is a {what}, not a regular file"),
            Self::LinkOutside(target) => write!(f, "is a link that leaves the input: {}", printable_str(target)),
            Self::LinkLoop => write!(f, "is a link that leads back to itself"),
            Self::LinkBroken => write!(f, "is a link to nothing"),
            Self::LinkDirectory(target) => {
                write!(f, "is a link to a directory that isn't read: {}", printable_str(target))
            }
            Self::LinkOther(target) => {
                write!(f, "is a link to something else than such a file: {}", printable_str(target))
            }
            Self::TooDeep => write!(f, "is more than {MAX_DEPTH} directories deep"),
            Self::TooManyFiles(limit) => write!(f, "holds files beyond the limit of {limit}"),
            Self::TooManyBytes(limit) => write!(f, "is beyond the limit of {limit} bytes in all"),
            Self::NameNotUtf8 => write!(f, "has a name that isn't UTF-8"),
            Self::KindUnknown => write!(f, "could be anything: neither its path nor its text say what it is"),
            Self::NothingFound => write!(f, "holds no configuration of Proxmox VE"),
            Self::EmptyPve => write!(f, "is empty: the configuration of Proxmox VE isn't in this copy"),
            Self::Encoded(encoded) => encoded.fmt(f),
        }
    }
}

/// Nothing could be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A path that was given doesn't exist or can't be reached.
    #[error("{}: {source}", printable_str(&path.to_string_lossy()))]
    Input {
        /// The path, as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// [`LoadOptions::host_root`] isn't a directory that can be reached.
    #[error("host root {}: {source}", printable_str(&path.to_string_lossy()))]
    HostRoot {
        /// The path, as given.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Sources {
    /// Finds and reads everything in `inputs`: files and directories, see the module for the shapes they may have. What is
    /// given twice, or inside another input, is read once.
    ///
    /// # Errors
    ///
    /// A path of `inputs`, or the host root, that doesn't exist or can't be reached. Everything behind that is a
    /// [`Problem`].
    pub fn load(inputs: &[PathBuf], options: &LoadOptions) -> Result<Self, LoadError> {
        let mut walk = walk::Walk::new(options)?;
        walk.inputs(inputs)?;
        Ok(walk.finish(&snapshot::Held::default()))
    }

    /// One file whose bytes are at hand, such as standard input. `name` says what it is: `nodes/pve1/lxc/100.conf`,
    /// `storage.cfg`, `subuid`, with anything in front; [`LoadOptions::kind`] and [`LoadOptions::vmid`] overrule it.
    ///
    /// # Errors
    ///
    /// As [`Self::load`], for the host root.
    pub fn from_bytes(name: &str, bytes: Vec<u8>, options: &LoadOptions) -> Result<Self, LoadError> {
        let mut walk = walk::Walk::new(options)?;
        walk.given_bytes(name, bytes);
        Ok(walk.finish(&snapshot::Held::default()))
    }

    /// Adds a file that is no part of any tree and that findings may point into, such as `pvelint.toml`.
    pub fn attach(&mut self, shown: &str, bytes: Vec<u8>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile {
            id,
            tree: None,
            kind: FileKind::OutsideTree,
            told_by: ToldBy::User,
            node: None,
            vmid: None,
            vmid_by: VmidBy::Path,
            shown: shown.to_owned(),
            rel_at: 0,
            state: ReadState::Attached,
            bytes: Arc::new(bytes),
        });
        id
    }

    /// The file of this id.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// The tree of this id.
    #[must_use]
    pub fn tree(&self, id: TreeId) -> Option<&Tree> {
        self.trees.get(id.0 as usize)
    }

    /// The files of one tree, in order; without those of a host root that was given apart.
    pub fn files_of(&self, tree: TreeId) -> impl Iterator<Item = &SourceFile> {
        self.files.iter().filter(move |file| file.tree == Some(tree))
    }
}

impl SourceFile {
    /// The path below `/etc/pve`, or for the node's files below `/etc`, as far as [`Self::shown`] has it.
    #[must_use]
    pub fn rel(&self) -> &str {
        self.shown.get(self.rel_at..).unwrap_or(&self.shown)
    }

    /// The file by the name PVE has for it, wherever this copy lies: `nodes/pve1/lxc/100.conf`, `user.cfg`,
    /// `/etc/subuid`. Guests of a node that nobody named are `lxc/100.conf`.
    #[must_use]
    pub fn pve_name(&self) -> Cow<'_, str> {
        let dir = match self.kind {
            FileKind::Container => "lxc",
            FileKind::Vm => "qemu-server",
            FileKind::OpenVz => "openvz",
            kind => {
                let path = kind.spec().filter(|spec| spec.single).and_then(|spec| spec.paths.first());
                let path = path.map_or(self.rel(), |path| path);
                return if kind.is_host() { format!("/etc/{path}").into() } else { path.into() };
            }
        };
        match (self.vmid.filter(|_| self.vmid_by == VmidBy::Path), &self.node) {
            (Some(vmid), Some(node)) => format!("nodes/{node}/{dir}/{vmid}.conf").into(),
            (Some(vmid), None) => format!("{dir}/{vmid}.conf").into(),
            (None, _) => self.rel().into(),
        }
    }
}

impl Tree {
    /// Whether a file of this kind is there: the one, or of those that a tree has many of the first that could be read.
    /// [`Presence::NotLooked`] for what has no row in [`FILES`].
    #[must_use]
    pub fn input(&self, kind: FileKind) -> Presence {
        kind.row().and_then(|at| self.inputs.get(at)).copied().unwrap_or(Presence::NotLooked)
    }
}
