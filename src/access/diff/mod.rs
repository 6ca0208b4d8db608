//! What somebody may do in one file and not in another, by what was changed.
//!
//! Every subject's rights on every path that matters are compared, both files being prepared as [`Grid`]s, and each
//! difference is put down to the change that made it ([`Cause`]). What one change does is one [`Entry`]: for sets of
//! subjects, the paths and the privileges. No table of subjects and paths is kept; subjects for whom a change does the same
//! share their paths.
//!
//! The words are for whoever prints it.

mod cause;
mod paths;
mod remark;

pub use cause::{Cause, Evidence, Side, Through};
pub use paths::{Part, Paths, Region, contains};
pub use remark::Remark;

use std::cmp::Reverse;
use std::collections::BTreeSet;

use bstr::BString;
use cause::{Asked, Causes};
use rustc_hash::FxHashMap;

use super::places::TOP;
use super::{Access, Danger, Grid, Privs, Sides, dangers_on};
use crate::model::tables::access::PrivSet;
use crate::model::user::SubjectKind;
use crate::release::Release;

/// What differs between two files.
#[derive(Clone, Debug)]
pub struct Diff {
    /// Their releases.
    pub releases: [Release; 2],
    /// Everybody whose rights were compared, sorted.
    pub subjects: Vec<BString>,
    /// The paths on which they were compared.
    pub paths: Paths,
    /// One for each change: what gives most first, then what only takes away, then what only changes propagate bits.
    pub entries: Vec<Entry>,
    /// What is no right and matters nevertheless.
    pub remarks: Vec<Remark>,
}

/// What one change does.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The change.
    pub cause: Cause,
    /// Where it is written.
    pub evidence: Evidence,
    /// What it does to whom: gains, then losses, then propagate bits; what reaches furthest first.
    pub blocks: Vec<Block>,
    /// Those who can do everything everywhere now, and couldn't before.
    pub mighty: Vec<u32>,
    /// What those who gain can do now that leads further, the worst first.
    pub dangers: Vec<&'static Danger>,
}

/// The same for several subjects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// What becomes of the privileges.
    pub effect: Effect,
    /// The privileges.
    pub privs: PrivSet,
    /// Whose, as positions in [`Diff::subjects`].
    pub subjects: Vec<u32>,
    /// Where.
    pub region: Region,
}

/// What becomes of a privilege on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It is there now.
    Gained,
    /// It is there no more.
    Lost,
    /// It was there and propagates now.
    Propagates,
    /// It is there still and propagates no more.
    PropagatesNoMore,
}

impl Effect {
    const ALL: [Self; 4] = [Self::Gained, Self::Lost, Self::Propagates, Self::PropagatesNoMore];

    /// The privileges that this becomes of, and which file has them.
    fn of(self, old: Privs, new: Privs) -> (PrivSet, Side) {
        match self {
            Self::Gained => (new.privs - old.privs, Side::New),
            Self::Lost => (old.privs - new.privs, Side::Old),
            Self::Propagates => ((new.propagate - old.propagate) & old.privs, Side::New),
            Self::PropagatesNoMore => ((old.propagate - new.propagate) & new.privs, Side::Old),
        }
    }
}

/// How far a set of paths goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// Single objects.
    Objects,
    /// All of a kind, whatever comes.
    Subtree,
    /// Everything.
    Everywhere,
}

impl Entry {
    /// Whether somebody gains something.
    #[must_use]
    pub fn gives(&self) -> bool {
        self.blocks.iter().any(|block| block.effect == Effect::Gained)
    }

    /// Whether somebody loses something.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.blocks.iter().any(|block| block.effect == Effect::Lost)
    }
}

impl Diff {
    /// Compares the rights in two files, on `paths` and those that every installation has.
    #[must_use]
    pub fn new(old: &Access<'_, '_>, new: &Access<'_, '_>, paths: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let releases = [old.cfg.release, new.cfg.release];
        let top = TOP.iter().map(|path| path.as_bytes().to_vec());
        let paths = Paths::new(top.chain(paths), releases);
        let subjects: BTreeSet<BString> = [old, new].into_iter().flat_map(|access| subjects(access)).collect();
        let mut diff = Self {
            releases,
            subjects: subjects.into_iter().collect(),
            paths,
            entries: Vec::new(),
            remarks: Vec::new(),
        };
        diff.compare(old, new);
        diff.remarks = remark::remarks(old, new, &diff.paths);
        diff
    }

    /// Whether somebody gained something.
    #[must_use]
    pub fn gives(&self) -> bool {
        self.entries.iter().any(Entry::gives)
    }

    /// How far the paths of a region go.
    #[must_use]
    pub fn extent(&self, region: &Region) -> Extent {
        let others = |at: &u32| self.paths.is_others(*at);
        match region.iter().cloned().flatten().find(others) {
            None => Extent::Objects,
            Some(at) if self.paths.get(at) == b"/*" => Extent::Everywhere,
            Some(_) => Extent::Subtree,
        }
    }

    fn compare(&mut self, old: &Access<'_, '_>, new: &Access<'_, '_>) {
        let mut causes = Causes::new(old, new);
        let (old_grid, new_grid) = (Grid::new(old, self.paths.iter()), Grid::new(new, self.paths.iter()));
        let classes = Classes::new(&old_grid, &new_grid);
        let (mut old_rows, mut new_rows) = (old_grid.rows(), new_grid.rows());
        let mut table = Table::default();
        // Who has all there is on `/`, for everything below as well: only in the new file.
        let mut mighty = Vec::new();
        for (who, subject) in (0u32..).zip(&self.subjects) {
            let before = old_rows.row(subject);
            let after = new_rows.row(subject);
            let all = |privs: Privs, release| privs.propagate == PrivSet::all(release);
            mighty.push(all(after.get(0), new.cfg.release) && !all(before.get(0), old.cfg.release));
            let changed: Vec<(u32, Privs, Privs)> = (0u32..)
                .zip(&classes.list)
                .map(|(nth, class)| (nth, before.of_class(class.old), after.of_class(class.new)))
                .filter(|(_, before, after)| before != after)
                .collect();
            if changed.is_empty() {
                continue;
            }
            let (before, after) = (old_grid.sides(subject), new_grid.sides(subject));
            let mut known: FxHashMap<(Option<&Sides>, Option<&Sides>), u32> = FxHashMap::default();
            let mut effects: Vec<Vec<Explained>> = vec![Vec::new()];
            let mut effects_of = vec![0u32; classes.list.len()];
            for (nth, was, is) in changed {
                let Some(class) = classes.list.get(nth as usize) else { continue };
                let next = effects.len();
                let number = *known
                    .entry((before.get(class.old as usize), after.get(class.new as usize)))
                    .or_insert(u32::try_from(next).unwrap_or(u32::MAX));
                if number as usize == next {
                    effects.push(explain(&mut causes, subject, self.paths.get(class.path), was, is));
                }
                if let Some(slot) = effects_of.get_mut(nth as usize) {
                    *slot = number;
                }
            }
            let mut regions: FxHashMap<Explained, Region> = FxHashMap::default();
            for (path, class) in (0u32..).zip(&classes.class_of) {
                let number = effects_of.get(*class as usize).copied().unwrap_or_default();
                for explained in effects.get(number as usize).into_iter().flatten() {
                    paths::push(regions.entry(*explained).or_default(), path);
                }
            }
            for (explained, region) in regions {
                table.add(explained, region, who);
            }
        }
        causes.name_pool_members();
        let mut blocks = table.blocks();
        let on_path: Vec<u32> = self.paths.iter().map(|path| dangers_on(path, new.cfg.release)).collect();
        let list = std::mem::take(&mut causes.list);
        let mut entries: Vec<_> = (0..)
            .zip(list)
            .map(|(number, (cause, evidence))| {
                let blocks = blocks.remove(&number).unwrap_or_default();
                let entry = entry(cause, evidence, blocks, &mighty, &on_path);
                (self.rank(&entry), entry)
            })
            .collect();
        entries.sort_by(|(a, left), (b, right)| b.cmp(a).then_with(|| left.cause.cmp(&right.cause)));
        self.entries = entries.into_iter().map(|(_, entry)| entry).collect();
    }

    /// What decides about the order of entries, greater first.
    fn rank(&self, entry: &Entry) -> impl Ord + use<> {
        let extent = |effect| {
            let blocks = entry.blocks.iter().filter(move |block| block.effect == effect);
            blocks.map(|block| self.extent(&block.region)).max()
        };
        let gained = extent(Effect::Gained);
        let worst = entry.dangers.first().and_then(|worst| Danger::all().position(|danger| danger == *worst));
        (
            gained.is_some(),
            !entry.mighty.is_empty(),
            worst.is_some(),
            gained,
            worst.map(Reverse),
            extent(Effect::Lost),
            entry.blocks.iter().map(|block| block.subjects.len()).sum::<usize>(),
        )
    }
}

/// One entry. `mighty` says for each subject whether it can do everything now, `on_path` for each path what is dangerous there.
fn entry(cause: Cause, evidence: Evidence, blocks: Vec<Block>, mighty: &[bool], on_path: &[u32]) -> Entry {
    let gains = || blocks.iter().filter(|block| block.effect == Effect::Gained);
    let on_top = gains().filter(|block| contains(&block.region, 0)).flat_map(|block| &block.subjects);
    let mighty: BTreeSet<u32> =
        on_top.copied().filter(|who| mighty.get(*who as usize).is_some_and(|mighty| *mighty)).collect();
    let mut found = 0;
    for block in gains() {
        let held = Danger::all()
            .enumerate()
            .filter(|(_, danger)| danger.privilege().is_some_and(|one| block.privs.contains(one)))
            .fold(0, |all, (nth, _)| all | 1 << nth);
        for range in &block.region {
            let on_path = on_path.get(range.start as usize..range.end as usize).unwrap_or_default();
            found |= on_path.iter().fold(0, |all, on_path| all | on_path) & held;
        }
    }
    let dangers = Danger::all().enumerate().filter(|(nth, _)| found & (1 << nth) != 0);
    let dangers = dangers.map(|(_, danger)| danger).collect();
    Entry { cause, evidence, blocks, mighty: mighty.into_iter().collect(), dangers }
}

/// Everybody who can have rights.
fn subjects<'e>(access: &'e Access<'_, '_>) -> impl Iterator<Item = BString> + use<'e> {
    let counts = access.cfg.subjects.iter().filter(|subject| match subject.kind {
        SubjectKind::User => true,
        SubjectKind::Token => subject.defined(),
        SubjectKind::Group => false,
    });
    counts.map(|subject| subject.id.to_owned())
}

/// What becomes of which privileges by which cause.
type Explained = (usize, Effect, PrivSet);

fn explain(causes: &mut Causes<'_, '_, '_>, subject: &[u8], path: &[u8], was: Privs, is: Privs) -> Vec<Explained> {
    let mut explained = Vec::new();
    for effect in Effect::ALL {
        let (privs, has) = effect.of(was, is);
        if privs.is_empty() {
            continue;
        }
        let bits = matches!(effect, Effect::Propagates | Effect::PropagatesNoMore);
        let found = causes.explain(Asked { has, subject, path, privs, bits });
        explained.extend(found.into_iter().map(|(cause, privs)| (cause, effect, privs)));
    }
    explained
}

/// Paths that are in one class in both files.
#[derive(Clone, Copy, Debug)]
struct Class {
    old: u32,
    new: u32,
    /// One of them.
    path: u32,
}

#[derive(Debug)]
struct Classes {
    list: Vec<Class>,
    class_of: Vec<u32>,
}

impl Classes {
    fn new(old: &Grid<'_, '_, '_>, new: &Grid<'_, '_, '_>) -> Self {
        let mut classes = Self { list: Vec::new(), class_of: Vec::new() };
        let mut known: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        for (path, (old, new)) in (0u32..).zip(old.class_of().iter().zip(new.class_of())) {
            let next = u32::try_from(classes.list.len()).unwrap_or(u32::MAX);
            let class = *known.entry((*old, *new)).or_insert(next);
            if class == next {
                classes.list.push(Class { old: *old, new: *new, path });
            }
            classes.class_of.push(class);
        }
        classes
    }
}

/// Blocks in the making. Regions are kept once.
#[derive(Debug, Default)]
struct Table {
    regions: FxHashMap<Region, u32>,
    subjects: FxHashMap<(Explained, u32), Vec<u32>>,
}

impl Table {
    fn add(&mut self, explained: Explained, region: Region, who: u32) {
        let next = u32::try_from(self.regions.len()).unwrap_or(u32::MAX);
        let region = *self.regions.entry(region).or_insert(next);
        self.subjects.entry((explained, region)).or_default().push(who);
    }

    /// By the number of their cause, in order.
    fn blocks(self) -> FxHashMap<usize, Vec<Block>> {
        let regions: FxHashMap<u32, Region> =
            self.regions.into_iter().map(|(region, number)| (number, region)).collect();
        let mut blocks: FxHashMap<usize, Vec<Block>> = FxHashMap::default();
        for (((cause, effect, privs), region), subjects) in self.subjects {
            let region = regions.get(&region).cloned().unwrap_or_default();
            blocks.entry(cause).or_default().push(Block { effect, privs, subjects, region });
        }
        for blocks in blocks.values_mut() {
            blocks.sort_by_cached_key(|block| {
                let paths: u32 = block.region.iter().map(|range| range.end - range.start).sum();
                let ranges: Vec<_> = block.region.iter().map(|range| (range.start, range.end)).collect();
                let count = u64::from(paths) * block.subjects.len() as u64;
                (block.effect, Reverse(count), ranges, block.privs, block.subjects.clone())
            });
        }
        blocks
    }
}
