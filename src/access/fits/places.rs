//! Which paths a grant of a profile speaks of on this cluster, and what somebody lacks there.
//!
//! `/storage/{storage}` is one of the storages that there are; `/vms` is every guest, and those to come. What nothing is
//! known about is asked for as PVE does when a call doesn't name it: on `-`, which only rights from above reach.

use super::super::profiles::Reach;
use super::super::{Access, pool_path};
use super::{Attempt, Question};
use crate::model::tables::access::{Priv, PrivSet, builtin_role, checked_below, checked_on};
use crate::model::tables::place::{List, Text};
use crate::model::user::{AclTree, NodeIx, Pool};
use crate::release::Release;
use bstr::{BStr, BString, ByteSlice};
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What there is on the cluster beside what user.cfg tells; what is empty isn't known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Objects {
    /// The vmids of all guests.
    pub guests: Vec<String>,
    /// The storages that are in effect.
    pub storages: Vec<Storage>,
    /// The nodes.
    pub nodes: Vec<String>,
}

/// A storage, with what it is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Storage {
    /// Its id.
    pub id: String,
    /// It takes disks of guests.
    pub disks: bool,
    /// It takes ISO images.
    pub isos: bool,
    /// It takes backups.
    pub backups: bool,
}

/// A path on which privileges are needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The path.
    pub path: BString,
    /// What it is.
    pub kind: Kind,
    /// The privileges.
    pub wanted: PrivSet,
    /// Those that aren't there.
    pub lacking: PrivSet,
    /// The path on which a grant reaches it, together with its neighbours.
    pub top: BString,
}

/// What a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The path of the profile.
    Itself,
    /// A guest, storage, node ... that exists.
    Object,
    /// All that nobody knows yet.
    Rest,
}

impl Spot {
    /// The name of the guest, storage, node or pool that the path is of; otherwise the path.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        let names = ["/vms/", "/storage/", "/nodes/", "/pool/"];
        let name = names.iter().find_map(|above| self.path.strip_prefix(above.as_bytes()));
        name.unwrap_or(&self.path)
    }
}

/// The paths that speak of everything below them.
const WHOLE: [&str; 8] =
    ["/mapping", "/nodes", "/pool", "/sdn", "/sdn/zones", "/sdn/zones/localnetwork", "/storage", "/vms"];

/// Deeper paths in the tree of ACLs aren't followed.
const MAX_PATH: usize = 256;

/// Where PVE looks for the privileges of a family that somebody has on `/`.
const FAMILIES: [(&str, &str); 9] = [
    ("Datastore.", "/storage"),
    ("Group.", "/access/groups"),
    ("Mapping.", "/mapping"),
    ("Pool.", "/pool"),
    ("Realm.", "/access/realm"),
    ("SDN.", "/sdn"),
    ("Sys.", "/nodes"),
    ("User.", "/access/groups"),
    ("VM.", "/vms"),
];

/// The paths of one question.
pub(super) struct Places<'q, 'c, 'a> {
    access: &'q Access<'c, 'a>,
    subject: &'q [u8],
    question: &'q Question<'q>,
    pool: Option<&'c Pool<'a>>,
}

/// What is below a path: things with a name, and what stands for all others.
struct Below {
    names: Vec<BString>,
    rest: Option<BString>,
}

impl<'q, 'c, 'a> Places<'q, 'c, 'a> {
    pub(super) fn new(access: &'q Access<'c, 'a>, subject: &'q [u8], question: &'q Question<'q>) -> Self {
        let bound = |name| question.bound.get(name);
        let named = bound("pool").or_else(|| bound("poolid"));
        let pool = named.and_then(|name| access.cfg.pool(name.as_bytes()));
        Self { access, subject, question, pool }
    }

    /// The same for the members of one pool.
    pub(super) fn within(&self, pool: &'c Pool<'a>) -> Self {
        Self { pool: Some(pool), ..*self }
    }

    pub(super) fn release(&self) -> Release {
        self.access.cfg.release
    }

    /// What the built-in roles give on the path, as far as PVE ever looks.
    pub(super) fn of_roles(&self, template: &str, roles: List<Text>) -> PrivSet {
        let release = self.release();
        let all = roles.iter().filter_map(|role| builtin_role(role.as_bytes(), release));
        let all = all.fold(PrivSet::EMPTY, |all, role| all | role);
        if template == "/" { all } else { all & looked_up(&example(template), release) }
    }

    /// One way to have what is needed, with all its places.
    pub(super) fn attempt(&self, template: &'static str, wanted: PrivSet, reach: Reach) -> Attempt {
        let mut spots = Vec::new();
        if wanted.is_empty() {
            return Attempt { path: template, wanted, one: false, spots };
        }
        let one = template.contains('{');
        if one {
            self.named(template, wanted, &mut spots);
        } else if reach == Reach::Itself {
            self.add(template.into(), Kind::Itself, wanted, template, &mut spots);
        } else if template == "/" {
            self.everywhere(wanted, reach, &mut spots);
        } else {
            self.whole(template, template, wanted, &mut spots);
        }
        Attempt { path: template, wanted, one, spots }
    }

    /// The places of a path with names in braces.
    fn named(&self, template: &str, wanted: PrivSet, spots: &mut Vec<Spot>) {
        // Each with the deepest path above it that has a name, or nothing but names known by now.
        let mut paths: Vec<(BString, Option<BString>)> = vec![(BString::default(), None)];
        for part in template.split('/').skip(1) {
            let Some(name) = part.strip_prefix('{').and_then(|part| part.strip_suffix('}')) else {
                paths.iter_mut().for_each(|(path, _)| path.extend_from_slice(&joined(b"", part.as_bytes())));
                continue;
            };
            if let Some(value) = self.value(name) {
                paths.iter_mut().for_each(|(path, _)| path.extend_from_slice(&joined(b"", value)));
                continue;
            }
            let mut longer = Vec::new();
            for (path, known) in &paths {
                let below = self.below(path.as_bstr(), false);
                longer.extend(below.names.iter().map(|name| (joined(path, name), known.clone())));
                if below.rest.is_some_and(|rest| rest.starts_with(path)) {
                    longer.push((joined(path, b"-"), Some(known.clone().unwrap_or_else(|| path.clone()))));
                }
            }
            paths = longer;
        }
        for (path, above) in paths {
            let kind = if above.is_some() { Kind::Rest } else { Kind::Object };
            let lacking = self.lacking(path.as_bstr(), wanted);
            let top = above.unwrap_or_else(|| path.clone());
            spots.push(Spot { path, kind, wanted, lacking, top });
        }
    }

    /// What a name in braces was bound to.
    fn value(&self, name: &str) -> Option<&'q [u8]> {
        let bound = |name: &str| self.question.bound.get(name).map(|value| value.as_bytes());
        bound(name).or_else(|| match name {
            "pool" => bound("poolid"),
            "poolid" => bound("pool"),
            _ => None,
        })
    }

    /// The places of what is needed on `/`.
    fn everywhere(&self, wanted: PrivSet, reach: Reach, spots: &mut Vec<Spot>) {
        let at_root = wanted.iter().filter(|one| {
            let family = |prefix| one.name().starts_with(prefix);
            let looked_up = checked_on(b"/", self.release()).contains(*one);
            reach == Reach::Throughout || (family("Sys.") && looked_up) || family("Permissions.")
        });
        self.add("/".into(), Kind::Itself, at_root.collect(), "/", spots);
        for path in FAMILIES.iter().map(|(_, path)| path).collect::<BTreeSet<_>>() {
            let here = |one: &Priv| FAMILIES.iter().any(|(family, at)| at == path && one.name().starts_with(family));
            let wanted: PrivSet = wanted.iter().filter(here).collect();
            self.whole(path, "/", wanted, spots);
        }
    }

    /// The path itself and all below it.
    fn whole(&self, path: &str, top: &str, wanted: PrivSet, spots: &mut Vec<Spot>) {
        if wanted.is_empty() {
            return;
        }
        let narrowed = self.narrowing(path);
        if !WHOLE.contains(&path) {
            return self.add(path.into(), Kind::Itself, wanted, top, spots);
        }
        if narrowed.is_none() {
            let itself = checked_on(path.as_bytes(), self.release()) & wanted;
            self.add(path.into(), Kind::Itself, itself, top, spots);
        }
        let below = self.below(BStr::new(path), true);
        let top = match (narrowed, path) {
            (Some(_), _) => None,
            // A grant on the pool reaches its guests.
            (None, "/vms") => below.rest.clone().filter(|rest| rest.starts_with(b"/pool/")),
            _ => None,
        }
        .unwrap_or_else(|| top.into());
        let narrowed = narrowed.is_some();
        for name in below.names {
            let at = joined(path.as_bytes(), &name);
            let top = if narrowed { at.clone() } else { top.clone() };
            let lacking = self.lacking(at.as_bstr(), wanted);
            spots.push(Spot { path: at, kind: Kind::Object, wanted, lacking, top });
        }
        if let Some(at) = below.rest {
            let lacking = self.lacking(at.as_bstr(), wanted);
            spots.push(Spot { path: at, kind: Kind::Rest, wanted, lacking, top });
        }
    }

    fn add(&self, path: BString, kind: Kind, wanted: PrivSet, top: &str, spots: &mut Vec<Spot>) {
        if !wanted.is_empty() {
            let lacking = self.lacking(path.as_bstr(), wanted);
            spots.push(Spot { path, kind, wanted, lacking, top: top.into() });
        }
    }

    /// The name that narrows a path to one thing below it.
    fn narrowing(&self, path: &str) -> Option<&'q [u8]> {
        let name = match path {
            "/nodes" => "node",
            "/pool" => "pool",
            "/sdn/zones" => "zone",
            "/sdn/zones/localnetwork" => "bridge",
            "/storage" => "storage",
            "/vms" => "vmid",
            _ => return None,
        };
        self.value(name)
    }

    /// What there is below a path; `deep`: where only the ACLs tell, at any depth.
    fn below(&self, path: &BStr, deep: bool) -> Below {
        let text = path.to_str().unwrap_or_default();
        if let Some(name) = self.narrowing(text) {
            return Below { names: vec![name.into()], rest: None };
        }
        let cfg = self.access.cfg;
        let objects = self.question.objects;
        let known = |names: &[String]| names.iter().map(|name| BString::from(name.as_str())).collect::<Vec<_>>();
        let (names, rest) = match (text, self.pool) {
            ("/vms", Some(pool)) => {
                let vms = pool.vms.iter().map(|vm| vm.name.as_ref().to_owned());
                (vms.collect(), Some(BString::from(pool_path(pool))))
            }
            // Guests come and go.
            ("/vms", None) if !objects.guests.is_empty() => (known(&objects.guests), Some(joined(path, b"-"))),
            ("/vms", None) => {
                let vms = cfg.vm_pools().map(|(vmid, _)| vmid.to_owned());
                (vms.chain(self.with_acls(path, deep)).collect(), Some(joined(path, b"-")))
            }
            ("/storage", Some(pool)) if !pool.storage.is_empty() => {
                (pool.storage.iter().map(|storage| storage.value.to_owned()).collect(), None)
            }
            ("/storage", _) if !objects.storages.is_empty() => {
                (objects.storages.iter().map(|storage| storage.id.as_str().into()).collect(), None)
            }
            ("/nodes", _) if !objects.nodes.is_empty() => (known(&objects.nodes), None),
            ("/pool", _) if !cfg.pools.is_empty() => {
                (cfg.pools.iter().map(|pool| pool.name.value.to_owned()).collect(), None)
            }
            _ => (self.with_acls(path, deep), Some(joined(path, b"-"))),
        };
        let mut names = names;
        names.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        names.dedup();
        Below { names, rest }
    }

    /// The names below a path that are in the tree of ACLs.
    fn with_acls(&self, path: &BStr, deep: bool) -> Vec<BString> {
        let tree = &self.access.cfg.tree;
        let mut parts = path.split_str("/").filter(|part| !part.is_empty());
        let Some(top) = parts.try_fold(AclTree::ROOT, |node, part| tree.child(node, part)) else { return Vec::new() };
        // A parent comes before its children.
        let mut below: FxHashMap<NodeIx, BString> = FxHashMap::default();
        let mut names = Vec::new();
        for (at, node) in tree.nodes.iter().enumerate() {
            let Some(parent) = node.parent else { continue };
            let name = match below.get(&parent) {
                Some(above) if deep && above.len() < MAX_PATH => joined(above, node.name),
                None if parent == top => node.name.to_owned(),
                _ => continue,
            };
            below.insert(NodeIx::new(at), name.clone());
            names.push(name);
        }
        names
    }

    /// What of `wanted` isn't there. What a pool gives its members counts as there when they have it anyhow.
    fn lacking(&self, path: &BStr, wanted: PrivSet) -> PrivSet {
        let has = |path: &[u8]| self.access.effective(self.subject, path).privs;
        let lacking = wanted - has(path);
        if lacking.is_empty() || !path.starts_with(b"/pool/") {
            return lacking;
        }
        let family =
            |prefix: &str| -> PrivSet { lacking.iter().filter(|one| one.name().starts_with(prefix)).collect() };
        let anyhow = (family("VM.") & has(b"/vms/-")) | (family("Datastore.") & has(b"/storage/-"));
        lacking - anyhow
    }
}

/// `above/name`.
fn joined(above: &[u8], name: &[u8]) -> BString {
    [above, b"/", name].concat().into()
}

/// A path of the form of `template`.
fn example(template: &str) -> String {
    let parts = template.split('/').skip(1).map(|part| match part {
        "{vmid}" => "100",
        part if part.starts_with('{') => "x",
        part => part,
    });
    parts.fold(String::new(), |path, part| path + "/" + part)
}

/// What PVE ever looks up on a path, below it, and on the members if it is a pool.
pub(super) fn looked_up(path: &str, release: Release) -> PrivSet {
    let on = |path: &str| checked_on(path.as_bytes(), release) | checked_below(path.as_bytes(), release);
    let members =
        if path == "/pool" || path.starts_with("/pool/") { on("/vms") | on("/storage") } else { PrivSet::EMPTY };
    on(path) | members
}
