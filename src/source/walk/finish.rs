//! When everything is found: sorting, reading, numbering.

use std::path::PathBuf;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{Draft, Entry, Walk, Want, guess, number};
use crate::release::Release;
use crate::source::kind::FileKind;
use crate::source::{HintFrom, Presence, Problem, ProblemKind, ReadState, Sources, TreeId, read};
use crate::text::FileId;

/// Fewer files than this are read one after the other: starting threads costs more.
const PARALLEL_FROM: usize = 48;

/// So many files are read before the sum of their sizes is looked at; what a load may hold too much for a moment.
const BATCH: usize = 256;

impl Walk<'_> {
    /// Sorts, reads, and numbers everything.
    pub(in crate::source) fn finish(mut self) -> Sources {
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
