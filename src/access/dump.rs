//! The whole permission matrix of a file as JSON, in the form of the conformance vectors.

use super::places::TOP;
use super::{Access, Grid, Privs};
use crate::model::user::SubjectKind;
use bstr::ByteSlice;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// `paths`: those with ACLs and what is above them, the top-level ones, every pool and pool member, and `extra`. `privsets`: the
/// different answers, `{"0": [...], "1": [...]}` by propagate bit, the first one empty. `permissions`: for each user and
/// token, one index into `privsets` for each path. `ghost_permissions`: the same for ids that only ACLs and groups name;
/// left out when there are none.
#[must_use]
pub fn matrix<'p>(access: &Access<'_, '_>, extra: impl IntoIterator<Item = &'p [u8]>) -> Value {
    let cfg = access.cfg();
    let mut paths: BTreeSet<Vec<u8>> = TOP.iter().map(|path| path.as_bytes().to_vec()).collect();
    paths.extend(super::places::of_file(cfg));
    paths.extend(extra.into_iter().map(<[u8]>::to_vec));
    let grid = Grid::new(access, &paths);

    let mut sets = Sets::default();
    sets.number(Privs::default());
    let mut rows = grid.rows();
    let mut permissions = Map::new();
    let mut ghosts = Map::new();
    for (subject, defined) in subjects(access) {
        let row: Value = rows.row(subject).iter().map(|privs| sets.number(privs)).collect();
        let table = if defined { &mut permissions } else { &mut ghosts };
        table.insert(subject.to_str_lossy().into_owned(), row);
    }
    let paths: Vec<_> = paths.iter().map(|path| path.to_str_lossy()).collect();
    let mut out = json!({ "paths": paths, "privsets": sets.list, "permissions": permissions });
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

#[derive(Default)]
struct Sets {
    numbers: FxHashMap<Privs, usize>,
    list: Vec<Value>,
}

impl Sets {
    fn number(&mut self, privs: Privs) -> Value {
        let next = self.list.len();
        let number = *self.numbers.entry(privs).or_insert(next);
        if number == next {
            let mut set = Map::new();
            for (flag, privileges) in [("0", privs.privs - privs.propagate), ("1", privs.propagate)] {
                if !privileges.is_empty() {
                    set.insert(flag.into(), privileges.iter().map(|privilege| privilege.name()).collect());
                }
            }
            self.list.push(set.into());
        }
        number.into()
    }
}
