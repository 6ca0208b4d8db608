//! When everything is found: sorting, reading, numbering.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Draft, Entry, Owner, Walk, Want, guess, join, number};
use crate::release::Release;
use crate::source::encoded::encoded;
use crate::source::files::{FILES, FileKind, Side};
use crate::source::kind::Unrecognised;
use crate::source::redact::redact;
use crate::source::snapshot::Held;
use crate::source::{HintFrom, Presence, Problem, ProblemKind, ReadState, Sources, ToldBy, Tree, TreeId, VmidBy, read};
use crate::text::{FileId, MAX_FILE_SIZE};

/// Fewer files than this are read one after the other: starting threads costs more.
const PARALLEL_FROM: usize = 48;

/// So many files are read before the sum of their sizes is looked at; what a load may hold too much for a moment.
const BATCH: usize = 256;

impl Walk<'_> {
    /// Sorts, reads, and numbers everything.
    pub(in crate::source) fn finish(mut self, held: &Held<'_>) -> Sources {
        self.resolve_links();
        let mut entries = std::mem::take(&mut self.entries);
        entries.sort_by(|a, b| a.file.shown.as_bytes().cmp(b.file.shown.as_bytes()));
        self.read(&mut entries, held);
        self.confirm(&mut entries);
        self.join_parts(&mut entries);
        self.name_empty(&mut entries);
        let order = self.sort_trees(&entries);

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
            let states = FILES.iter().map(|spec| if spec.side == Side::Host { host } else { draft.pve });
            tree.inputs = states.collect();
            hosts.push(draft.host);
            sources.trees.push(tree);
        }
        sources.files.reserve_exact(entries.len());
        for (index, entry) in entries.into_iter().enumerate() {
            let mut file = entry.file;
            file.id = FileId(number(index));
            file.tree = file.tree.and_then(|TreeId(tree)| order.get(tree as usize).copied().flatten()).map(TreeId);
            let presence = match file.state {
                ReadState::Failed => Presence::Unreadable(Some(file.id)),
                ReadState::Read | ReadState::Skipped | ReadState::Attached => Presence::Present(file.id),
            };
            if let Some(at) = file.kind.row() {
                let single = file.kind.is_single();
                let put = |tree: &mut Tree| match tree.inputs.get_mut(at) {
                    // Of many, the first that could be read.
                    Some(Presence::Present(_)) if !single => {}
                    Some(Presence::Unreadable(_)) if !single && file.state == ReadState::Failed => {}
                    Some(input) => *input = presence,
                    None => {}
                };
                if let Some(tree) = file.tree.and_then(|TreeId(tree)| sources.trees.get_mut(tree as usize)) {
                    put(tree);
                }
                if entry.host.is_some() {
                    let of_host = sources.trees.iter_mut().zip(&hosts).filter(|(_, host)| **host == entry.host);
                    of_host.for_each(|(tree, _)| put(tree));
                }
            }
            if let Some(kind) = entry.problem {
                sources.problems.push(Problem { file: file.id, kind });
            }
            sources.files.push(file);
        }
        sources
    }

    /// Sorts the trees by the path shown, and leaves out those that turned out to be none; gives for each old number the new one.
    fn sort_trees(&mut self, entries: &[Entry]) -> Vec<Option<u32>> {
        let drafts = std::mem::take(&mut self.drafts);
        let mut order = vec![None; drafts.len()];
        let mut is_used = vec![false; drafts.len()];
        for TreeId(tree) in entries.iter().filter_map(|entry| entry.file.tree) {
            if let Some(used) = is_used.get_mut(tree as usize) {
                *used = true;
            }
        }
        let kept = |(old, draft): &(usize, Draft)| {
            is_used.get(*old).copied().unwrap_or_default() || !(draft.weak || draft.gone)
        };
        let mut sorted: Vec<(usize, Draft)> = drafts.into_iter().enumerate().filter(kept).collect();
        sorted.sort_by(|a, b| a.1.tree.shown.as_bytes().cmp(b.1.tree.shown.as_bytes()));
        for (new, (old, draft)) in sorted.into_iter().enumerate() {
            if let Some(slot) = order.get_mut(old) {
                *slot = Some(number(new));
            }
            self.drafts.push(draft);
        }
        order
    }

    /// Trees for which only names spoke, and nothing in them: they are none, and their files belong to nobody.
    fn confirm(&mut self, entries: &mut [Entry]) {
        // Another guest of the same tree has the vmid that a name or a volume seemed to tell: a copy that somebody put aside.
        let mut taken: FxHashSet<(Option<TreeId>, u32)> = FxHashSet::default();
        let ranks = [
            (ToldBy::User, VmidBy::Path),
            (ToldBy::Path, VmidBy::Path),
            (ToldBy::Text, VmidBy::Path),
            (ToldBy::Text, VmidBy::Name),
            (ToldBy::Text, VmidBy::Volumes),
        ];
        for rank in ranks {
            let of_rank =
                |entry: &&mut Entry| (entry.file.told_by, entry.file.vmid_by) == rank && entry.problem.is_none();
            for entry in entries.iter_mut().filter(of_rank) {
                let is_guest = matches!(entry.file.kind, FileKind::Container | FileKind::Vm);
                let Some(vmid) = entry.file.vmid.filter(|_| is_guest) else { continue };
                if !taken.insert((entry.file.tree, vmid)) && rank.0 == ToldBy::Text {
                    entry.file.kind = FileKind::Unrecognised(Unrecognised::SecondCopy);
                    set_aside(entry);
                }
            }
        }
        let mut is_tree = vec![false; self.drafts.len()];
        for entry in &*entries {
            let counts = entry.problem.is_some() || entry.file.state == ReadState::Read || entry.file.kind.is_config();
            if let (true, Some(TreeId(tree))) = (counts, entry.file.tree)
                && let Some(slot) = is_tree.get_mut(tree as usize)
            {
                *slot = true;
            }
        }
        for entry in entries {
            let Some(TreeId(tree)) = entry.file.tree else { continue };
            let is_weak = self.drafts.get(tree as usize).is_some_and(|draft| draft.weak);
            if is_weak && !is_tree.get(tree as usize).copied().unwrap_or_default() {
                entry.file.tree = None;
                if matches!(entry.file.kind, FileKind::Unrecognised(Unrecognised::Unknown | Unrecognised::NoVmid)) {
                    entry.file.kind = FileKind::OutsideTree;
                }
            }
        }
    }

    /// Says of every directory that was given, and holds nothing of PVE's, that it does.
    fn name_empty(&mut self, entries: &mut Vec<Entry>) {
        for (dir, shown) in std::mem::take(&mut self.given_dirs) {
            let prefix = join(&shown, "");
            let is_below = |entry: &&Entry| shown.is_empty() || entry.file.shown.starts_with(&prefix);
            let found =
                entries.iter().filter(is_below).any(|entry| entry.file.tree.is_some() || entry.problem.is_some());
            // Its files may belong to a tree without any, or be called by another way that was given.
            let has_tree = self.drafts.iter().any(|draft| !draft.weak && !draft.gone && draft.dir.starts_with(&dir));
            if !found && !has_tree {
                let kind = if is_empty(&dir) { ProblemKind::EmptyPve } else { ProblemKind::NothingFound };
                let kind =
                    if dir.file_name().is_some_and(|name| name == "pve") { kind } else { ProblemKind::NothingFound };
                self.directory(&shown, Owner { tree: None, host: None, scope: 0 }, kind);
                entries.append(&mut self.entries);
                entries.sort_by(|a, b| a.file.shown.as_bytes().cmp(b.file.shown.as_bytes()));
            }
        }
    }

    /// Reads what is wanted, a batch at a time, until the limit.
    fn read(&self, entries: &mut [Entry], held: &Held<'_>) {
        let wanted = entries.iter().filter(|entry| entry.want.is_read()).count();
        let limit = self.options.max_bytes;
        let mut total: u64 = 0;
        for batch in entries.chunks_mut(BATCH) {
            if total > limit {
                // Nothing more is opened; what was wanted is said to be missing.
            } else if wanted >= PARALLEL_FROM {
                batch.par_iter_mut().with_min_len(8).for_each(|entry| self.read_one(entry, held));
            } else {
                batch.iter_mut().for_each(|entry| self.read_one(entry, held));
            }
            for entry in batch {
                let is_open = entry.problem.is_none() && entry.want.is_read();
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
                    entry.file.bytes = Arc::default();
                }
            }
        }
    }

    fn read_one(&self, entry: &mut Entry, held: &Held<'_>) {
        if entry.problem.is_some() || !entry.want.is_read() {
            return;
        }
        let bytes = match held.get(&entry.file.shown) {
            Some(text) if text.len() > MAX_FILE_SIZE => Err(ProblemKind::TooLarge(text.len() as u64)),
            Some(text) => Ok(text),
            None => read::read(&self.path_of(entry)).map(Arc::new),
        };
        match bytes {
            Err(problem) => entry.problem = Some(problem),
            Ok(bytes) => {
                if let Some(found) = encoded(&bytes) {
                    if entry.want == Want::GuessAny {
                        entry.want = Want::No;
                    } else {
                        entry.problem = Some(ProblemKind::Encoded(found));
                    }
                } else if entry.want != Want::Read {
                    guess(entry, &bytes, entry.want == Want::GuessAny);
                }
                keep(entry, bytes);
            }
        }
    }
}

/// Keeps what was read, without its secrets.
pub(super) fn keep(entry: &mut Entry, mut bytes: Arc<Vec<u8>>) {
    if let Some(how) = entry.file.kind.spec().and_then(|spec| spec.redact) {
        redact(how, Arc::<Vec<u8>>::make_mut(&mut bytes));
    }
    entry.file.bytes = bytes;
}

/// Forgets what was read of a file that turned out not to be one.
fn set_aside(entry: &mut Entry) {
    entry.want = Want::No;
    entry.file.state = ReadState::Skipped;
    entry.file.bytes = Arc::default();
}

fn is_empty(dir: &Path) -> bool {
    read::list(dir, 1).is_ok_and(|(items, _)| items.is_empty())
}
