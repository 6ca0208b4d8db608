//! Everything of one tree, linked: users, storages, guests, nodes, subid files, and which inputs are there at all.
//!
//! Knows models and sources; knows no rule. What a file's absence means for a question is for [`Presence`] to say: a rule that
//! lacks an input isn't evaluated, it doesn't pass.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::model::container::Container;
use crate::model::domains::Domains;
use crate::model::host;
use crate::model::idmap::IdKind;
use crate::model::section::{SectionFile, SectionSpec};
use crate::model::storage::StorageCfg;
use crate::model::subid::{Grants, SubIds};
use crate::model::tables::section as section_table;
use crate::model::user::UserCfg;
use crate::model::vm::Vm;
use crate::release::Release;
use crate::source::{self, FileKind, HintFrom, ReadState, SourceFile, Sources, Tree, TreeId};
use crate::text::{FileId, Place, Span};

include!(concat!(env!("OUT_DIR"), "/inputs.rs"));

impl Input {
    /// As it is named in the summary.
    #[must_use]
    pub fn name(self) -> &'static str {
        let other = if self == Self::Guests { "guest" } else { "nodes/" };
        self.kind().and_then(FileKind::spec).map_or(other, |spec| spec.label)
    }
}

impl Input {
    /// Whether a cluster that has nothing of the kind has no such file either.
    #[must_use]
    pub fn is_optional(self) -> bool {
        let needed = matches!(self, Self::User | Self::Storage | Self::Domains);
        !needed && self.kind().and_then(FileKind::spec).is_some_and(|spec| spec.family == source::Family::Section)
    }
}

/// Whether an input can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It was read.
    Present,
    /// It isn't there.
    Absent,
    /// It is there and could not be read.
    Unreadable,
}

/// How the release was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseFrom {
    /// The user said so.
    Option,
    /// The node's dpkg status.
    Dpkg,
    /// A file in the tree that only this release, or none before it, has.
    Guess(&'static str),
    /// Nothing told; the one before the release it is to be upgraded to is assumed.
    Target,
    /// Nothing told; the newest release is assumed.
    Default,
}

impl std::fmt::Display for ReleaseFrom {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Option => f.write_str("as told"),
            Self::Dpkg => f.write_str("from dpkg"),
            Self::Guess(from) => write!(f, "guessed from {from}"),
            Self::Target => f.write_str("assumed, as the one before the target"),
            Self::Default => f.write_str("assumed"),
        }
    }
}

/// A file and what it means.
#[derive(Debug)]
pub struct File<M> {
    /// The file.
    pub file: FileId,
    /// What PVE holds after reading it.
    pub model: M,
}

impl<M> File<M> {
    /// A place in this file.
    pub fn at(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}

/// A guest's config.
#[derive(Debug)]
pub struct Guest<'a, C> {
    /// The file.
    pub file: FileId,
    /// Its number, cluster-wide; `None` when the file's name doesn't tell (standard input without `--vmid`).
    pub vmid: Option<u32>,
    /// The node whose directory holds the file.
    pub node: Option<&'a str>,
    /// What PVE holds after reading it.
    pub config: C,
}

impl<C> Guest<'_, C> {
    /// The vmid as text; `?` when nobody knows it.
    pub fn vmid_text(&self) -> String {
        self.vmid.map_or_else(|| "?".to_owned(), |vmid| vmid.to_string())
    }

    /// Where the file is on a node, for a fix that is an edit; `dir` is `lxc` or `qemu-server`.
    pub fn pve_path(&self, dir: &str) -> String {
        let node = self.node.map(|node| format!("nodes/{node}/")).unwrap_or_default();
        format!("/etc/pve/{node}{dir}/{}.conf", self.vmid_text())
    }

    /// A place in this guest's file.
    pub fn at(&self, span: Span) -> Place {
        Place { file: self.file, span }
    }
}

/// Where the config of a vmid is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuestRef {
    /// Index into [`Cluster::containers`].
    Container(usize),
    /// Index into [`Cluster::vms`].
    Vm(usize),
}

/// One tree, linked.
#[derive(Debug)]
pub struct Cluster<'a> {
    /// The release it is judged by.
    pub release: Release,
    /// How that was found.
    pub release_from: ReleaseFrom,
    /// The files.
    pub sources: &'a Sources,
    /// The tree.
    pub tree: &'a Tree,
    /// Which of the sources' trees that is.
    pub id: TreeId,
    /// user.cfg.
    pub user: Option<File<UserCfg<'a>>>,
    /// storage.cfg.
    pub storage: Option<File<StorageCfg<'a>>>,
    /// Containers, by path; without the values in their snapshots ([`Container::without_snapshot_values`]).
    pub containers: Vec<Guest<'a, Container<'a>>>,
    /// VMs, by path; without most values in their snapshots ([`Vm::without_snapshot_values`]).
    pub vms: Vec<Guest<'a, Vm<'a>>>,
    /// The files of sections other than storage.cfg, in the order of their tables; domains.cfg is one of them.
    pub sections: Vec<File<SectionFile<'a>>>,
    /// domains.cfg.
    pub domains: Option<File<Domains<'a>>>,
    /// /etc/subuid.
    pub subuid: Option<File<SubIds<'a>>>,
    /// /etc/subgid.
    pub subgid: Option<File<SubIds<'a>>>,
    /// What root may map on the node, users then groups; see [`Cluster::grants`]. `None` when the file is absent, or isn't where the ids come from.
    grants: [Option<Grants>; 2],
    guests: FxHashMap<u32, GuestRef>,
}

/// From how many guests on they are parsed in parallel.
const PARALLEL: usize = 64;

impl<'a> Cluster<'a> {
    /// Parses and links the files of `tree`. `told` overrides the release that the tree tells.
    #[must_use]
    pub fn load(sources: &'a Sources, tree: &'a Tree, id: TreeId, told: Option<Release>) -> Self {
        let (release, release_from) = release_of(tree, told);
        let read = |kind| match tree.input(kind) {
            source::Presence::Present(file) => sources.file(file),
            _ => None,
        };
        let guests = |kind| -> Vec<&'a SourceFile> {
            sources.files_of(id).filter(|file| file.state == ReadState::Read && file.kind == kind).collect()
        };
        let (containers, vms) = (guests(FileKind::Container), guests(FileKind::Vm));
        let shared = || {
            let user = read(FileKind::UserCfg);
            let storage = read(FileKind::StorageCfg);
            (
                user.map(|file| File { file: file.id, model: UserCfg::parse(&file.bytes, release) }),
                storage.map(|file| File { file: file.id, model: StorageCfg::parse(&file.bytes, release) }),
            )
        };
        let of_guests = || {
            (
                parse_guests(&containers, |text, vmid| Container::parse(text, vmid, release).without_snapshot_values()),
                parse_guests(&vms, |text, vmid| Vm::parse(text, vmid, release).without_snapshot_values()),
            )
        };
        // A user.cfg of thousands of lines takes as long as a thousand guests.
        let ((user, storage), (containers, vms)) = if containers.len() + vms.len() > PARALLEL {
            rayon::join(shared, of_guests)
        } else {
            (shared(), of_guests())
        };
        let mut cluster = Self {
            release,
            release_from,
            sources,
            tree,
            id,
            user,
            storage,
            containers,
            vms,
            sections: section_files(sources, tree, release),
            domains: read(FileKind::DomainsCfg).map(|file| File { file: file.id, model: Domains::parse(&file.bytes) }),
            subuid: read(FileKind::Subuid).map(|file| File { file: file.id, model: SubIds::parse(&file.bytes) }),
            subgid: read(FileKind::Subgid).map(|file| File { file: file.id, model: SubIds::parse(&file.bytes) }),
            grants: [None, None],
            guests: FxHashMap::default(),
        };
        if read(FileKind::Nsswitch).is_none_or(|file| host::subid_from_files(&file.bytes)) {
            let accounts: Vec<_> =
                read(FileKind::Passwd).map(|file| host::root_accounts(&file.bytes).collect()).unwrap_or_default();
            cluster.grants =
                [&cluster.subuid, &cluster.subgid].map(|file| file.as_ref().map(|file| file.model.grants(&accounts)));
        }
        cluster.guests.reserve(cluster.containers.len() + cluster.vms.len());
        let containers = cluster.containers.iter().enumerate().map(|(at, guest)| (guest.vmid, GuestRef::Container(at)));
        let vms = cluster.vms.iter().enumerate().map(|(at, guest)| (guest.vmid, GuestRef::Vm(at)));
        for (vmid, guest) in containers.chain(vms) {
            if let Some(vmid) = vmid {
                cluster.guests.entry(vmid).or_insert(guest);
            }
        }
        cluster
    }

    /// The file of sections at `path` below `/etc/pve`, when it was read.
    #[must_use]
    pub fn section_file(&self, path: &str) -> Option<&File<SectionFile<'a>>> {
        self.sections.iter().find(|file| file.model.spec.file == path)
    }

    /// Whether `input` can be used.
    #[must_use]
    pub fn presence(&self, input: Input) -> Presence {
        let Some(kind) = input.kind() else {
            let there = match input {
                Input::Guests => !self.containers.is_empty() || !self.vms.is_empty(),
                _ => self.tree.has_nodes,
            };
            return if there { Presence::Present } else { Presence::Absent };
        };
        match self.tree.input(kind) {
            source::Presence::Present(_) => Presence::Present,
            source::Presence::Unreadable(_) => Presence::Unreadable,
            source::Presence::Absent | source::Presence::NotLooked => Presence::Absent,
        }
    }

    /// What root may map on the node, where that is known.
    #[must_use]
    pub fn grants(&self, kind: IdKind) -> Option<&Grants> {
        let [users, groups] = &self.grants;
        match kind {
            IdKind::User => users.as_ref(),
            IdKind::Group => groups.as_ref(),
        }
    }

    /// Whether the subid files, which belong to one node, are those of `node`; `None` when the tree doesn't tell.
    #[must_use]
    pub fn subid_is_of(&self, node: Option<&str>) -> Option<bool> {
        match (node, &self.tree.local_node) {
            (None, _) => Some(true),
            (Some(node), Some(local)) => Some(**local == *node),
            (Some(_), None) => (self.tree.nodes.len() < 2).then_some(true),
        }
    }

    /// The guest with this vmid; where a copied tree holds several, a container first, then the first by path.
    #[must_use]
    pub fn guest(&self, vmid: u32) -> Option<GuestRef> {
        self.guests.get(&vmid).copied()
    }
}

fn section_files<'a>(sources: &'a Sources, tree: &Tree, release: Release) -> Vec<File<SectionFile<'a>>> {
    let read = |spec: &'static SectionSpec| {
        let source::Presence::Present(id) = tree.input(FileKind::from_path(spec.file).kind) else { return None };
        let file = sources.file(id).filter(|file| file.state == ReadState::Read)?;
        Some(File { file: id, model: SectionFile::parse(spec, &file.bytes, release) })
    };
    section_table::FILES.iter().filter_map(|spec| read(spec)).collect()
}

fn release_of(tree: &Tree, told: Option<Release>) -> (Release, ReleaseFrom) {
    match (told, tree.release_hint) {
        (Some(release), _) => (release, ReleaseFrom::Option),
        (None, Some((release, HintFrom::Dpkg))) => (release, ReleaseFrom::Dpkg),
        (None, Some((release, HintFrom::File(name)))) => (release, ReleaseFrom::Guess(name)),
        (None, None) => (Release::LATEST, ReleaseFrom::Default),
    }
}

fn parse_guests<'a, C: Send>(files: &[&'a SourceFile], parse: impl Fn(&'a [u8], u64) -> C + Sync) -> Vec<Guest<'a, C>> {
    let one = |file: &&'a SourceFile| Guest {
        file: file.id,
        vmid: file.vmid,
        node: file.node.as_deref(),
        config: parse(&file.bytes, u64::from(file.vmid.unwrap_or_default())),
    };
    if files.len() > PARALLEL { files.par_iter().map(one).collect() } else { files.iter().map(one).collect() }
}
