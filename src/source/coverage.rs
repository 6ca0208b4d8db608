//! What looks like configuration of PVE and was not judged: so that nothing passes that nobody read.

use super::guess::is_put_aside;
use super::{FileKind, Nature, Problem, ProblemKind, ReadState, SourceFile, Sources, Unrecognised};

/// A file that looks like configuration and was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread<'a> {
    /// The file, as the user would write it.
    pub path: &'a str,
    /// Its name for PVE, short enough for a list.
    pub name: String,
    /// What it is taken for.
    pub kind: String,
    /// Why it wasn't read, and what reads it.
    pub reason: String,
}

impl Sources {
    /// The files that look like configuration and were not read, in order.
    pub fn unread(&self) -> impl Iterator<Item = Unread<'_>> {
        self.files.iter().filter(|file| !matches!(file.state, ReadState::Read | ReadState::Attached)).filter_map(
            |file| {
                let (kind, reason) = self.why_unread(file)?;
                Some(Unread { path: &file.shown, name: file.pve_name().into_owned(), kind, reason })
            },
        )
    }

    /// Whether something was read of which a cluster's state can be told: user.cfg, storage.cfg, a guest.
    #[must_use]
    pub fn has_core(&self) -> bool {
        let core = |kind| matches!(kind, FileKind::UserCfg | FileKind::StorageCfg | FileKind::Container | FileKind::Vm);
        self.files.iter().any(|file| file.state == ReadState::Read && core(file.kind))
    }

    fn why_unread(&self, file: &SourceFile) -> Option<(String, String)> {
        let name = file.shown.rsplit('/').next().unwrap_or_default();
        let is_empty = |problem: &&Problem| matches!(problem.kind, ProblemKind::NothingFound | ProblemKind::EmptyPve);
        if self.problems.iter().filter(is_empty).any(|problem| problem.file == file.id) {
            return None;
        }
        let problem =
            || self.problems.iter().find(|problem| problem.file == file.id).map(|problem| problem.kind.to_string());
        match file.kind {
            _ if file.rel() == "priv" || file.rel().starts_with("priv/") => None,
            FileKind::Directory => problem().map(|why| ("directory".to_owned(), why)),
            FileKind::Ignored(_) => None,
            FileKind::Unrecognised(Unrecognised::HiddenTree) => Some((
                "hidden directory".to_owned(),
                format!("hidden directories are left alone: name it, `pvelint check {}`", file.shown),
            )),
            FileKind::Unrecognised(Unrecognised::Database) => Some((
                "pmxcfs database".to_owned(),
                "/etc/pve is kept in it, but pvelint reads only files: copy /etc/pve while pmxcfs runs".to_owned(),
            )),
            FileKind::Unrecognised(Unrecognised::SecondCopy) => {
                Some(("guest".to_owned(), "another file of this tree has its vmid".to_owned()))
            }
            FileKind::Unrecognised(why) if why != Unrecognised::Unknown && why != Unrecognised::GuestElsewhere => {
                // A README in a directory of guests is nothing that anybody misses.
                let is_guest = why != Unrecognised::NoVmid || name.contains(".conf");
                is_guest.then(|| ("guest".to_owned(), by_hand(&file.shown)))
            }
            FileKind::Unrecognised(_) | FileKind::OutsideTree => match problem() {
                Some(why) => Some(("guest".to_owned(), why)),
                None => is_put_aside(name).then(|| ("copy".to_owned(), by_hand(&file.shown))),
            },
            kind if kind.spec().is_some_and(|spec| spec.nature == Nature::Config) => {
                let why = problem().unwrap_or_else(|| "pvelint has no rules for this file".to_owned());
                Some((file.pve_name().into_owned(), why))
            }
            _ => None,
        }
    }
}

fn by_hand(shown: &str) -> String {
    format!("PVE has no such name; to check it all the same: pvelint check --kind KIND {shown}")
}
