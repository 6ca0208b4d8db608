//! What was read, held for the next time: a refresh finds all files anew and opens only those that changed.
//!
//! Finding is cheap and has to be done in full, because a file that is new can make another tree of its neighbours. The bytes of files
//! that didn't change are shared with the snapshot before, and so are texts that the caller holds instead of a file (what an editor
//! has open, what a fix would make of it).

use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{LoadError, LoadOptions, ReadState, Sources, walk};

/// Inputs, and what was read of them.
#[derive(Debug)]
pub struct Snapshot {
    inputs: Vec<PathBuf>,
    options: LoadOptions,
    texts: FxHashMap<String, Arc<Vec<u8>>>,
    /// Files whose text isn't the one that is held.
    stale: FxHashSet<String>,
    sources: Sources,
}

/// Bytes that needn't be read, by the path that is shown.
#[derive(Default)]
pub(super) struct Held<'h> {
    texts: Option<&'h FxHashMap<String, Arc<Vec<u8>>>>,
    before: FxHashMap<&'h str, &'h Arc<Vec<u8>>>,
}

impl Held<'_> {
    pub(super) fn get(&self, shown: &str) -> Option<Arc<Vec<u8>>> {
        let text = self.texts.and_then(|texts| texts.get(shown));
        text.or_else(|| self.before.get(shown).copied()).map(Arc::clone)
    }
}

impl Snapshot {
    /// Finds and reads everything in `inputs`, as [`Sources::load`].
    ///
    /// # Errors
    ///
    /// As [`Sources::load`].
    pub fn load(inputs: &[PathBuf], options: LoadOptions) -> Result<Self, LoadError> {
        let sources = Sources::load(inputs, &options)?;
        Ok(Self { inputs: inputs.to_vec(), options, texts: FxHashMap::default(), stale: FxHashSet::default(), sources })
    }

    /// What is held.
    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.sources
    }

    /// Finds everything anew, and reads the files that weren't there or couldn't be read before, and those in `changed`, by
    /// [`SourceFile::shown`](super::SourceFile::shown). Nothing changes where that fails.
    ///
    /// # Errors
    ///
    /// As [`Sources::load`].
    pub fn refresh(&mut self, changed: &[&str]) -> Result<(), LoadError> {
        let changed: FxHashSet<&str> = changed.iter().copied().collect();
        let is_same = |shown: &str| !changed.contains(shown) && !self.stale.contains(shown);
        let files = self.sources.files.iter().filter(|file| file.state == ReadState::Read && is_same(&file.shown));
        let before = files.map(|file| (&*file.shown, &file.bytes)).collect();
        let held = Held { texts: Some(&self.texts), before };
        let mut walk = walk::Walk::new(&self.options)?;
        walk.inputs(&self.inputs)?;
        let sources = walk.finish(&held);
        self.sources = sources;
        self.stale.clear();
        Ok(())
    }

    /// Takes `text` for what is in the file, from the next refresh on; what the file holds is of no account until `None` is said.
    /// Only files that are there have a text.
    pub fn set_text(&mut self, shown: &str, text: Option<Vec<u8>>) {
        match text {
            Some(text) => drop(self.texts.insert(shown.to_owned(), Arc::new(text))),
            None => drop(self.texts.remove(shown)),
        }
        self.stale.insert(shown.to_owned());
    }
}
