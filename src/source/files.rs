//! The table of files: every path of `/etc/pve` and what is known of it, from `grammar/files.toml`.
//!
//! A kind of file is one row. Which kinds there are, how a path tells them, what is read, what a tree can be asked for, the names on
//! the command line and the pages that list them follow from it.

use super::{Ignored, Unrecognised};
use crate::release::Release;

include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// What is known of a kind of file.
#[derive(Clone, Copy, Debug)]
pub struct FileSpec {
    /// The kind.
    pub kind: FileKind,
    /// Where it is below `/etc/pve`, or below `/etc` for [`Side::Host`]: `{node}`, `{vmid}` and `{name}` stand for a part of a path,
    /// `{rest}` for all that follows.
    pub paths: &'static [&'static str],
    /// What it is called on the command line and in lists: its path, or a word where it has many.
    pub name: &'static str,
    /// A shorter name that does as well; may be empty.
    pub short: &'static str,
    /// How a list of what a rule lacks names it.
    pub label: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// The package that reads it; empty where nothing does.
    pub package: &'static str,
    /// The releases that have it.
    pub releases: Releases,
    /// Below `/etc/pve`, or of the node itself.
    pub side: Side,
    /// What there is one of it for.
    pub scope: Scope,
    /// How it is written.
    pub family: Family,
    /// The releases whose pmxcfs counts its changes in `.version`.
    pub counter: Option<Releases>,
    /// What it is there for.
    pub nature: Nature,
    /// What is overwritten right after reading.
    pub redact: Option<Redact>,
    /// Whether its bytes are read.
    pub read: bool,
    /// Whether `dump` shows it.
    pub dump: bool,
    /// Whether nobody but PVE has a file of this name.
    pub certain: bool,
    /// Whether a tree has one at most.
    pub single: bool,
    /// Whether a directory at its path stands in its way.
    exact: bool,
}

/// Some releases in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Releases {
    /// The first of them.
    pub since: Release,
    /// The last of them.
    pub until: Release,
}

impl Releases {
    /// Whether `release` is one of them.
    #[must_use]
    pub fn has(self, release: Release) -> bool {
        (self.since..=self.until).contains(&release)
    }
}

/// On which side of the mount a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Below `/etc/pve`, the same on all nodes.
    Pve,
    /// Below `/etc` of one node.
    Host,
}

/// What there is one file of a kind for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The cluster.
    Cluster,
    /// Each node.
    Node,
    /// Each guest.
    Guest,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `user.cfg`: lines of fields between colons.
    User,
    /// Sections, `type: id` and properties below it.
    Section,
    /// `key: value`.
    KeyValue,
    /// A guest's configuration.
    Guest,
    /// `/etc/subuid`.
    SubId,
    /// Rules in `[sections]`.
    Firewall,
    /// Blocks in braces.
    Corosync,
    /// `key = value` in `[sections]`.
    Ini,
    /// JSON.
    Json,
    /// One thing a line, each file in its own way.
    Lines,
    /// Nothing to take apart.
    Opaque,
}

/// What a file is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// Configuration.
    Config,
    /// It belongs there, and there is nothing to judge.
    Other,
    /// Daemons keep it.
    State,
    /// pmxcfs makes it up on reading.
    Virtual,
    /// Its content is nobody's business.
    Secret,
}

/// What of a file is overwritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redact {
    /// Everything but the ends of lines.
    All,
    /// The values of a section file's properties.
    Values,
    /// The strings in a JSON text that are no keys.
    Json,
    /// What follows the name in a line of `priv/shadow.cfg`.
    Shadow,
    /// What follows the name in a line of `priv/token.cfg`.
    Token,
}

/// What may stand for the variable part of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// A vmid.
    Vmid,
    /// One part of a path.
    Name,
    /// Anything, over several parts too.
    Rest,
}

impl FileKind {
    /// Its row in the table; none for what isn't PVE's.
    #[must_use]
    pub fn spec(self) -> Option<&'static FileSpec> {
        FILES.get(self.row()?)
    }

    /// Whether the file's bytes are read. The rest of the inventory is known by name only.
    #[must_use]
    pub fn is_read(self) -> bool {
        self.spec().is_some_and(|spec| spec.read)
    }

    /// Whether it is a file of the node itself, below `/etc` and not below `/etc/pve`.
    #[must_use]
    pub fn is_host(self) -> bool {
        self.spec().is_some_and(|spec| spec.side == Side::Host)
    }

    /// Whether a tree has one at most.
    #[must_use]
    pub fn is_single(self) -> bool {
        self.spec().is_some_and(|spec| spec.single)
    }

    /// Whether PVE (or the node) reads a file of this kind as configuration at exactly one kind of path: where a directory of
    /// that name stands, the file is missing.
    #[must_use]
    pub fn is_config(self) -> bool {
        self.spec().is_some_and(|spec| spec.exact)
    }

    /// The kind that people name on a command line, by [`FileSpec::name`] or [`FileSpec::short`]. Only kinds that are read have one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let is_it = |spec: &&FileSpec| spec.read && !name.is_empty() && [spec.name, spec.short].contains(&name);
        FILES.iter().find(is_it).map(|spec| spec.kind)
    }

    /// The kinds that are read, in the order to show them.
    pub fn all_read() -> impl Iterator<Item = &'static FileSpec> {
        FILES.iter().filter(|spec| spec.read)
    }
}

/// The files of the node that go with a tree, below its `/etc`.
pub(super) fn host_files() -> impl Iterator<Item = &'static str> {
    FILES.iter().filter(|spec| spec.side == Side::Host).flat_map(|spec| spec.paths.iter().copied())
}

/// Whether `name` is a file of the node in `/etc` itself or below.
pub(super) fn is_host_file(name: &str) -> bool {
    host_files().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_where_their_kinds_say() {
        for (at, spec) in FILES.iter().enumerate() {
            assert_eq!(spec.kind.row(), Some(at));
            assert!(spec.releases.since <= spec.releases.until, "{}", spec.name);
            assert!(spec.nature != Nature::Secret || spec.redact.is_some(), "{}", spec.name);
        }
        assert_eq!(FileKind::OutsideTree.spec().map(|spec| spec.name), None);
    }

    /// Every pattern, with something in place of its variables, is told as the row that it stands in.
    #[test]
    fn every_path_of_the_table_is_told_as_its_kind() {
        for spec in &FILES {
            for pattern in spec.paths {
                let path = pattern.replace("{node}", "pve1").replace("{vmid}", "100").replace("{name}", "x1");
                let path = path.replace("{rest}", "a/b");
                let found = FileKind::from_path(&path);
                if spec.kind == FileKind::PveVzdumpConf {
                    // Both sides have that name; the walk tells them apart.
                    assert_eq!(found.kind, FileKind::VzdumpConf);
                    continue;
                }
                assert_eq!(found.kind, spec.kind, "{path}");
                assert_eq!(found.node, pattern.contains("{node}").then_some("pve1"), "{path}");
                assert_eq!(found.vmid, pattern.contains("{vmid}").then_some(100), "{path}");
            }
        }
    }

    #[test]
    fn names_on_the_command_line_are_clear() {
        let mut seen = std::collections::BTreeSet::new();
        for spec in FileKind::all_read() {
            for name in [spec.name, spec.short].into_iter().filter(|name| !name.is_empty()) {
                assert!(seen.insert(name), "{name} stands twice");
                assert_eq!(FileKind::from_name(name), Some(spec.kind));
            }
        }
        assert_eq!(FileKind::from_name("priv/shadow.cfg"), None);
        assert_eq!(FileKind::from_name(""), None);
    }
}
