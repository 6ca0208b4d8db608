//! The catalogue of operations: what PVE checks when somebody starts a VM, attaches a disk, creates a user ...
//!
//! The data is `grammar/operations.toml`, compiled in. Whether somebody passes the checks is the engine's work; here are
//! names and templates only.

use crate::model::tables::place::{List, Listed, Text};
use crate::release::Release;

/// Something that can be done through the API of PVE, and what PVE checks then.
///
/// All checks that apply have to hold. `root@pam` passes every check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its name: `vm-start`.
    pub id: Text,
    /// Its other names: `vm.start`.
    pub aliases: List<Text>,
    /// What it does, in a few words: `start a VM`.
    pub title: Text,
    /// The command that does it, if there is one.
    pub cli: Option<Text>,
    /// The API method: `POST`.
    pub method: Text,
    /// The API path, with names in braces.
    pub api: Text,
    /// The releases that have it, oldest first.
    pub releases: List<Release>,
    /// The releases in which only `root@pam` may do it, and none of its tokens either.
    pub root_only: List<Release>,
    /// Whether an API token may do it at all.
    pub tokens_allowed: bool,
    /// What has to be known about the doubtful cases.
    pub note: Option<Text>,
    /// Package, Perl module and method that hold the checks.
    pub source: Text,
    /// The names in braces of the checks' paths, in the order of their first use.
    pub parameters: List<Parameter>,
    /// What PVE checks, in any release; see [`Operation::checks_in`].
    pub checks: List<Check>,
}

impl Operation {
    /// Whether this release has the operation.
    #[must_use]
    pub fn exists_in(&self, release: Release) -> bool {
        self.releases.contains(&release)
    }

    /// Whether in this release nobody but `root@pam` may do it.
    #[must_use]
    pub fn is_root_only_in(&self, release: Release) -> bool {
        self.root_only.contains(&release)
    }

    /// The checks of this release, declared ones first.
    pub fn checks_in(&self, release: Release) -> impl Iterator<Item = &'static Check> + use<> {
        self.checks.iter().filter(move |check| check.releases.contains(&release))
    }
}

/// A name in braces of a path template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name: `vmid`.
    pub name: Text,
    /// What it stands for.
    pub about: Text,
    /// The value to take when none is given.
    pub default: Option<Text>,
    /// Whether a check needs it that always applies, in at least one release.
    pub required: bool,
}

/// How many of the privileges are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Every one of them.
    All,
    /// One of them.
    Any,
}

/// One check of an operation: privileges on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The ACL path with names in braces: `/vms/{vmid}`. `{path}` alone is a whole path.
    pub path: Text,
    /// Whether all or one of the privileges are asked for.
    pub mode: Mode,
    /// The privileges; never empty. They exist in each of the check's releases.
    pub privileges: List<Text>,
    /// The same privileges on `/pool/{pool}` do as well, when the call names that pool.
    pub or_pool: bool,
    /// Asked inside the method; the others are declared and asked before it runs.
    pub in_body: bool,
    /// The releases in which it is asked, oldest first.
    pub releases: List<Release>,
    /// The check applies only in this case; always, if there is none.
    pub when: Option<Text>,
    /// What has to be known about it.
    pub note: Option<Text>,
    /// Other ways to pass it; one is enough.
    pub or: List<Alternative>,
}

/// Another way to pass a [`Check`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alternative {
    /// The ACL path with names in braces.
    pub path: Text,
    /// Whether all or one of the privileges are asked for.
    pub mode: Mode,
    /// The privileges; never empty.
    pub privileges: List<Text>,
    /// It counts only in this case; always, if there is none.
    pub when: Option<Text>,
}

include!(concat!(env!("OUT_DIR"), "/operations.rs"));

/// All operations, by id.
#[must_use]
pub fn operations() -> &'static [Operation] {
    OPERATIONS
}

/// The operation of this id or alias.
#[must_use]
pub fn find(name: &str) -> Option<&'static Operation> {
    let place = NAMES.binary_search_by_key(&name, |(known, _)| known).ok()?;
    NAMES.get(place).and_then(|(_, index)| OPERATIONS.get(*index))
}

/// The ids and aliases of all operations, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().map(|(name, _)| name.as_str())
}
