//! The rights of many subjects on many paths.
//!
//! Two things make this cheap. Most paths have no ACL of their own and share the answer of the node they inherit from, so
//! paths fall into classes, and a subject has one answer for each class. And a subject touches few nodes, so that its answer
//! for every node of the tree comes from one pass over the tree. Rows are made one at a time, in memory that is used again:
//! nothing grows with subjects times paths.

use super::privs::Grant;
use super::{Access, Privs, Who, walk};
use crate::model::user::{AclTree, NodeIx, PoolIx, SubjectIx};
use rustc_hash::FxHashMap;
use std::mem;
use std::ops::Range;

mod origin;

pub use origin::{At, Origin, Sides};

/// Where a path stands in the ACL tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    /// The deepest node on the way to it.
    pub(super) node: NodeIx,
    /// Whether that node is the path's own.
    pub(super) exact: bool,
}

/// Paths on which every subject has the same rights as on the others of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Class {
    Spot(Spot),
    /// A guest or storage in the pools of that list.
    Pooled(Spot, u32),
    /// A path that doesn't begin with `/`, or has empty components: walked as it is written. Its place in the list.
    Literal(u32),
}

/// A list of paths, prepared for questions about any number of subjects.
#[derive(Clone, Debug)]
pub struct Grid<'e, 'c, 'a> {
    access: &'e Access<'c, 'a>,
    classes: Vec<Class>,
    /// For each path, its class.
    class_of: Vec<u32>,
    literals: Vec<Vec<u8>>,
    /// For each pool that matters, where its path stands.
    pools: Vec<Spot>,
    /// For each of `pools`, which pool it is.
    pool_ix: Vec<PoolIx>,
    /// Lists of positions in `pools`, one after the other.
    pool_members: Vec<u32>,
    /// Parts of `pool_members`; [`Class::Pooled`] refers to them.
    pool_lists: Vec<Range<u32>>,
    /// The parent of each node of the tree; the root is its own.
    parents: Vec<u32>,
}

/// Working memory for the rows of a [`Grid`].
#[derive(Clone, Debug)]
pub struct Rows<'g, 'e, 'c, 'a> {
    grid: &'g Grid<'e, 'c, 'a>,
    touched: Vec<Touched>,
    /// The node of each element of `touched`.
    nodes: Vec<NodeIx>,
    /// For each node, its place in `touched` plus one.
    slots: Vec<u32>,
    /// Settled sets; the first is empty, then two for each touched node: for paths below it, and for its own.
    grants: Vec<Grant>,
    /// For each node, the set that it passes on, as a position in `grants`.
    inherited: Vec<u32>,
    /// For each pool, the set of its path.
    pool_grants: Vec<Grant>,
    /// For each class, the rights of the subject of the last row.
    answers: Vec<Privs>,
    /// The groups of the subject of `answers`, if it has no entries of its own: then the answers are those of everybody else
    /// with just these groups.
    profile: Option<Vec<SubjectIx>>,
    /// A group that the subject of the row is taken for a member of.
    joined: Option<SubjectIx>,
    /// For a token with privilege separation: its own rights, then what its owner leaves of them.
    limited: Vec<Privs>,
}

/// What a subject has on one node.
#[derive(Clone, Copy, Debug, Default)]
struct Touched {
    own_below: Grant,
    own_here: Grant,
    groups_below: Grant,
    groups_here: Grant,
}

/// The rights of one subject on every path of a [`Grid`].
#[derive(Clone, Copy, Debug)]
pub struct Row<'r> {
    class_of: &'r [u32],
    classes: &'r [Privs],
}

impl Row<'_> {
    /// The rights on path `nth` of the grid's list; none behind its end.
    #[must_use]
    pub fn get(&self, nth: usize) -> Privs {
        let class = self.class_of.get(nth).and_then(|class| self.classes.get(*class as usize));
        class.copied().unwrap_or_default()
    }

    /// The rights on each path, in the order of the grid's list.
    pub fn iter(&self) -> impl Iterator<Item = Privs> {
        self.class_of.iter().map(|class| self.classes.get(*class as usize).copied().unwrap_or_default())
    }

    /// The rights on the paths of one class.
    #[must_use]
    pub fn of_class(&self, class: u32) -> Privs {
        self.classes.get(class as usize).copied().unwrap_or_default()
    }

    /// The different answers there can be, one for each class of paths (see [`Grid::class_of`]).
    #[must_use]
    pub const fn classes(&self) -> &[Privs] {
        self.classes
    }
}

impl<'e, 'c, 'a> Grid<'e, 'c, 'a> {
    /// Prepares `paths`, each taken literally as [`Access::effective`] does.
    pub fn new<P: AsRef<[u8]>>(access: &'e Access<'c, 'a>, paths: impl IntoIterator<Item = P>) -> Self {
        let tree = &access.cfg.tree;
        let parents = tree.nodes.iter().map(|node| node.parent.map_or(0, |parent| index(parent.index())));
        let mut grid = Self {
            access,
            classes: Vec::new(),
            class_of: Vec::new(),
            literals: Vec::new(),
            pools: Vec::new(),
            pool_ix: Vec::new(),
            pool_members: Vec::new(),
            pool_lists: Vec::new(),
            parents: parents.collect(),
        };
        let mut known: FxHashMap<Class, u32> = FxHashMap::default();
        let mut lists: FxHashMap<Vec<u32>, u32> = FxHashMap::default();
        let mut pools: FxHashMap<usize, u32> = FxHashMap::default();
        for path in paths {
            let path = path.as_ref();
            let class = grid.class(path, &mut lists, &mut pools);
            let next = index(grid.classes.len());
            let class = *known.entry(class).or_insert_with(|| {
                grid.classes.push(class);
                next
            });
            grid.class_of.push(class);
        }
        grid
    }

    fn class(&mut self, path: &[u8], lists: &mut FxHashMap<Vec<u32>, u32>, pools: &mut FxHashMap<usize, u32>) -> Class {
        let Some(spot) = self.spot(path) else {
            self.literals.push(path.to_vec());
            return Class::Literal(index(self.literals.len() - 1));
        };
        let members: Vec<u32> = self
            .access
            .pool_indices(path)
            .filter_map(|pool| {
                let name = super::pool_path(self.access.cfg.pools.get(pool.index())?);
                let spot = self.spot(&name)?;
                let next = index(self.pools.len());
                Some(*pools.entry(pool.index()).or_insert_with(|| {
                    self.pools.push(spot);
                    self.pool_ix.push(pool);
                    next
                }))
            })
            .collect();
        if members.is_empty() {
            return Class::Spot(spot);
        }
        let next = index(self.pool_lists.len());
        let list = *lists.entry(members).or_insert_with_key(|members| {
            let start = index(self.pool_members.len());
            self.pool_members.extend(members);
            self.pool_lists.push(start..index(self.pool_members.len()));
            next
        });
        Class::Pooled(spot, list)
    }

    /// `None` for a path that isn't walked from the root one component at a time.
    pub(super) fn spot(&self, path: &[u8]) -> Option<Spot> {
        let tree = &self.access.cfg.tree;
        let mut spot = Spot { node: AclTree::ROOT, exact: true };
        if path == b"/" {
            return Some(spot);
        }
        let mut steps = walk(path);
        steps.next().filter(|(name, _)| name.is_empty())?;
        for (name, _) in steps {
            if name.is_empty() {
                return None;
            }
            match tree.child(spot.node, name) {
                Some(child) if spot.exact => spot.node = child,
                _ => spot.exact = false,
            }
        }
        Some(spot)
    }

    /// For each path, the class that it is in: paths of one class have the same rights for every subject.
    #[must_use]
    pub fn class_of(&self) -> &[u32] {
        &self.class_of
    }
}

impl<'g, 'e, 'c, 'a> Grid<'e, 'c, 'a> {
    /// Working memory for rows, and then the rows. Threads take one each.
    #[must_use]
    pub fn rows(&'g self) -> Rows<'g, 'e, 'c, 'a> {
        Rows {
            grid: self,
            touched: Vec::new(),
            nodes: Vec::new(),
            slots: vec![0; self.parents.len()],
            grants: Vec::new(),
            inherited: Vec::with_capacity(self.parents.len()),
            pool_grants: Vec::with_capacity(self.pools.len()),
            answers: Vec::with_capacity(self.classes.len()),
            profile: None,
            joined: None,
            limited: Vec::new(),
        }
    }
}

impl Rows<'_, '_, '_, '_> {
    /// The rights of `subject` on every path, equal to what [`Access::effective`] gives for each.
    pub fn row(&mut self, subject: &[u8]) -> Row<'_> {
        let access = self.grid.access;
        let limited = match access.who(subject) {
            Who::Nobody => {
                self.fill(Privs::default());
                false
            }
            Who::Root => {
                self.fill(access.everything());
                false
            }
            Who::User(user) => {
                self.answer(user);
                false
            }
            Who::Token(token) => {
                self.answer(Some(token.subject));
                match access.owner(token) {
                    Who::User(user) => {
                        mem::swap(&mut self.limited, &mut self.answers);
                        self.profile = None;
                        self.answer(user);
                        for (own, owner) in self.limited.iter_mut().zip(&self.answers) {
                            *own = own.and(*owner);
                        }
                        true
                    }
                    _ => false,
                }
            }
        };
        let classes = if limited { &self.limited } else { &self.answers };
        Row { class_of: &self.grid.class_of, classes }
    }

    /// The rights that `user` would have as a member of `group` too.
    pub(super) fn row_as_member(&mut self, user: SubjectIx, group: SubjectIx) -> Row<'_> {
        self.joined = Some(group);
        self.profile = None;
        self.answer(Some(user));
        self.profile = None;
        Row { class_of: &self.grid.class_of, classes: &self.answers }
    }

    fn fill(&mut self, privs: Privs) {
        self.profile = None;
        self.answers.clear();
        self.answers.resize(self.grid.classes.len(), privs);
    }

    fn answer(&mut self, subject: Option<SubjectIx>) {
        let Some(subject) = subject else { return self.fill(Privs::default()) };
        let access = self.grid.access;
        let groups = access.groups(subject);
        let plain = access.cells(subject).is_empty();
        if plain && self.profile.as_deref() == Some(groups) {
            return;
        }
        self.collect(subject);
        self.inherit();
        self.answer_classes(subject);
        self.profile = plain.then(|| groups.to_vec());
    }

    /// Finds the nodes on which the subject has anything.
    fn collect(&mut self, subject: SubjectIx) {
        let access = self.grid.access;
        for cell in access.cells(subject) {
            self.touch(cell.node, |at| (at.own_below, at.own_here) = (cell.below(), cell.here));
        }
        for group in access.groups(subject).iter().chain(&self.joined.take()) {
            for cell in access.cells(*group) {
                self.touch(cell.node, |at| {
                    at.groups_below.unite(cell.below());
                    at.groups_here.unite(cell.here);
                });
            }
        }
        self.grants.clear();
        self.grants.push(Grant::default());
        for at in &self.touched {
            let below = if at.own_below.any { at.own_below } else { at.groups_below };
            let here = if at.own_here.any { at.own_here } else { at.groups_here };
            self.grants.extend([below.settled(access.no_access), here.settled(access.no_access)]);
        }
    }

    fn touch(&mut self, node: NodeIx, put: impl FnOnce(&mut Touched)) {
        let Some(slot) = self.slots.get_mut(node.index()) else { return };
        if *slot == 0 {
            self.touched.push(Touched::default());
            *slot = index(self.touched.len());
            self.nodes.push(node);
        }
        if let Some(at) = self.touched.get_mut(*slot as usize - 1) {
            put(at);
        }
    }

    /// Works out what each node passes on. Parents come before their children.
    fn inherit(&mut self) {
        self.inherited.clear();
        for (parent, slot) in self.grid.parents.iter().zip(&self.slots) {
            let below = below(*slot);
            let passes = *slot != 0 && self.grants.get(below).is_some_and(|grant| grant.any);
            let grant = if passes { index(below) } else { self.inherited.get(*parent as usize).copied().unwrap_or(0) };
            self.inherited.push(grant);
        }
    }

    fn at(&self, spot: Spot) -> Grant {
        if spot.exact
            && let Some(slot) = self.slots.get(spot.node.index()).filter(|slot| **slot != 0)
            && let Some(here) = self.grants.get(below(*slot) + 1).filter(|grant| grant.any)
        {
            return *here;
        }
        let inherited = self.inherited.get(spot.node.index());
        inherited.and_then(|grant| self.grants.get(*grant as usize)).copied().unwrap_or_default()
    }

    fn answer_classes(&mut self, subject: SubjectIx) {
        let grid = self.grid;
        let no_access = grid.access.no_access;
        self.pool_grants.clear();
        for pool in &grid.pools {
            let grant = self.at(*pool);
            self.pool_grants.push(grant);
        }
        self.answers.clear();
        for class in &grid.classes {
            let grant = match class {
                Class::Spot(spot) => self.at(*spot),
                Class::Pooled(spot, list) => {
                    let mut pools = Grant::default();
                    for pool in super::part(&grid.pool_members, grid.pool_lists.get(*list as usize)) {
                        pools.unite(self.pool_grants.get(*pool as usize).copied().unwrap_or_default());
                    }
                    self.at(*spot).with_pools(pools, no_access)
                }
                Class::Literal(path) => {
                    let path = grid.literals.get(*path as usize).map(Vec::as_slice).unwrap_or_default();
                    grid.access.own(Some(subject), &grid.access.look_up(path))
                }
            };
            self.answers.push(grant.answer());
        }
        for node in self.nodes.drain(..) {
            if let Some(slot) = self.slots.get_mut(node.index()) {
                *slot = 0;
            }
        }
        self.touched.clear();
    }
}

/// Position in [`Rows::grants`] of what the node with this slot gives to paths below it; what it gives to its own comes next.
fn below(slot: u32) -> usize {
    (slot as usize * 2).saturating_sub(1)
}

/// Lists here are never longer than a file, or a list of paths, has bytes.
fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
