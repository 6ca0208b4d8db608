//! The whole permission matrix of a file: everybody's rights on every path, row by row, and as JSON in the form of the
//! conformance vectors.
//!
//! Rows are worked out anew whenever they are asked for. What is kept grows with the subjects and the paths, not with both
//! multiplied: a file of a megabyte can name twenty thousand of each.

use super::places::TOP;
use super::{Access, Grid, Privs};
use crate::model::user::SubjectKind;
use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Everybody's rights on every path: those with ACLs and what is above them, the top-level ones, every pool and pool member.
#[derive(Debug)]
pub struct Matrix<'e, 'c, 'a> {
    access: &'e Access<'c, 'a>,
    grid: Grid<'e, 'c, 'a>,
    paths: Vec<Vec<u8>>,
    sets: Vec<Privs>,
    numbers: FxHashMap<Privs, u32>,
}

/// The rights of one subject.
#[derive(Clone, Copy, Debug)]
pub struct MatrixRow<'r> {
    /// A user's or token's id.
    pub id: &'r [u8],
    /// Whether a line defines it; the others are named by ACLs and groups only.
    pub defined: bool,
    /// For each path, the position of its rights in [`Matrix::sets`].
    pub sets: &'r [u32],
}

impl<'e, 'c, 'a> Matrix<'e, 'c, 'a> {
    /// Prepares the rows; `extra` are further paths.
    #[must_use]
    pub fn new<'p>(access: &'e Access<'c, 'a>, extra: impl IntoIterator<Item = &'p [u8]>) -> Self {
        let mut paths: BTreeSet<Vec<u8>> = TOP.iter().map(|path| path.as_bytes().to_vec()).collect();
        paths.extend(super::places::of_file(access.cfg()));
        paths.extend(extra.into_iter().map(<[u8]>::to_vec));
        let paths: Vec<_> = paths.into_iter().collect();
        let grid = Grid::new(access, &paths);
        let mut sets = vec![Privs::default()];
        let mut numbers = FxHashMap::from_iter([(Privs::default(), 0)]);
        {
            let mut rows = grid.rows();
            for (subject, _) in subjects(access) {
                // Classes come in the order of their first paths.
                for privs in rows.row(subject).classes() {
                    numbers.entry(*privs).or_insert_with(|| {
                        sets.push(*privs);
                        u32::try_from(sets.len() - 1).unwrap_or(u32::MAX)
                    });
                }
            }
        }
        Self { access, grid, paths, sets, numbers }
    }

    /// The paths, sorted.
    #[must_use]
    pub fn paths(&self) -> &[Vec<u8>] {
        &self.paths
    }

    /// The different answers; the first is no rights at all.
    #[must_use]
    pub fn sets(&self) -> &[Privs] {
        &self.sets
    }

    /// How many rows there are.
    #[must_use]
    pub fn count(&self) -> usize {
        subjects(self.access).count()
    }

    /// Hands over each row, those that are `defined` or the others, sorted by id.
    ///
    /// # Errors
    /// The first error of `each`.
    pub fn rows<E>(&self, defined: bool, mut each: impl FnMut(MatrixRow<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut rows = self.grid.rows();
        let mut of_class: Vec<u32> = Vec::new();
        let mut sets: Vec<u32> = Vec::with_capacity(self.paths.len());
        let mut ids: Vec<_> = subjects(self.access).filter(|(_, is)| *is == defined).map(|(id, _)| id).collect();
        ids.sort_unstable();
        for id in ids {
            of_class.clear();
            let number = |privs| self.numbers.get(privs).copied().unwrap_or_default();
            of_class.extend(rows.row(id).classes().iter().map(number));
            sets.clear();
            let number = |class: &u32| of_class.get(*class as usize).copied().unwrap_or_default();
            sets.extend(self.grid.class_of().iter().map(number));
            each(MatrixRow { id, defined, sets: &sets })?;
        }
        Ok(())
    }
}

/// A set in the form of the vectors: `{"0": [...], "1": [...]}` by propagate bit.
#[must_use]
pub fn set_value(privs: &Privs) -> Value {
    let mut set = Map::new();
    for (flag, privileges) in [("0", privs.privs - privs.propagate), ("1", privs.propagate)] {
        if !privileges.is_empty() {
            set.insert(flag.into(), privileges.iter().map(|privilege| privilege.name()).collect());
        }
    }
    set.into()
}

/// A [`Matrix`] in one piece. `paths`; `privsets`: the different answers; `permissions`: for each user and token, one index into
/// `privsets` for each path. `ghost_permissions`: the same for ids that only ACLs and groups name; left out when there are none.
#[must_use]
pub fn matrix<'p>(access: &Access<'_, '_>, extra: impl IntoIterator<Item = &'p [u8]>) -> Value {
    let matrix = Matrix::new(access, extra);
    let [permissions, ghosts] = [true, false].map(|defined| {
        let mut table = Map::new();
        let put = |row: MatrixRow<'_>| {
            table.insert(row.id.to_str_lossy().into_owned(), row.sets.into());
            Ok::<_, std::convert::Infallible>(())
        };
        let Ok(()) = matrix.rows(defined, put);
        table
    });
    let paths: Vec<_> = matrix.paths.iter().map(|path| path.to_str_lossy()).collect();
    let sets: Vec<_> = matrix.sets.iter().map(set_value).collect();
    let mut out = json!({ "paths": paths, "privsets": sets, "permissions": permissions });
    if let (Some(out), false) = (out.as_object_mut(), ghosts.is_empty()) {
        out.insert("ghost_permissions".into(), ghosts.into());
    }
    out
}

/// Users and tokens, and whether they are defined; tokens that aren't count only when an ACL names them.
fn subjects<'e>(access: &'e Access<'_, '_>) -> impl Iterator<Item = (&'e [u8], bool)> {
    let all = access.cfg().subjects.iter().zip(&access.cells_of);
    all.filter_map(|(subject, cells)| {
        let counts = match subject.kind {
            SubjectKind::Group => false,
            SubjectKind::User => true,
            SubjectKind::Token => subject.defined() || !cells.is_empty(),
        };
        counts.then_some((subject.id.as_bytes(), subject.defined()))
    })
}
