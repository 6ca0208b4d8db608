//! What comes of each ACL entry: whether anybody gets anything by it, and if not, why.

use super::is_below;
use crate::access::{Access, NodeGrants, pool_path, token_user};
use crate::model::tables::access::{PrivSet, checked_below, checked_on, path_allowed};
use crate::model::user::{AclEntry, NodeIx, ROOT, SubjectIx, SubjectKind, Token, split_token};
use crate::release::Release;
use bstr::BString;
use rustc_hash::{FxHashMap, FxHashSet};

/// What comes of an ACL entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// Somebody has rights by it.
    Gives,
    /// Its role holds nothing, so that it takes away what would come from above, a pool, or another role.
    Denies,
    /// Nobody's rights come from it.
    None(Idle),
}

/// Why an entry has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Idle {
    /// It is for root@pam, which PVE doesn't look up in ACLs.
    Root,
    /// It is for a token without privilege separation, which has its owner's rights and no others.
    FullToken,
    /// It is for a token that doesn't exist.
    NoToken,
    /// It is for a group without members.
    NoMembers,
    /// PVE never looks at the path.
    Unchecked,
    /// Each member of the group has an ACL of its own on the same path.
    Hidden,
    /// A NoAccess on the same path, or on the guest's or storage's pool, leaves nothing beside it.
    NoAccess,
    /// The token's owner has none of the role's privileges there.
    Owner,
}

/// Work that is done for one file, about a step of a walk each; a file as a person writes one needs a few dozen for each entry.
/// Where it runs out, an entry counts as giving.
const WORK: usize = 1 << 26;
/// Paths on which a token's owner is looked for.
const OWNER_PATHS: usize = 2000;

/// A path with entries.
struct Place {
    path: BString,
    /// Whether PVE ever looks at it.
    looked: bool,
    /// Whether PVE looks at paths below it.
    below: bool,
}

/// For each entry of the file's list: what comes of it, and whether it takes the place of others from above.
pub(super) fn effects(access: &Access<'_, '_>) -> Vec<(Effect, bool)> {
    let cfg = access.cfg;
    let mut places: FxHashMap<NodeIx, Place> = FxHashMap::default();
    for entry in &cfg.acl {
        places.entry(entry.node).or_insert_with(|| {
            let path = cfg.tree.path(entry.node);
            let below = !checked_below(&path, cfg.release).is_empty();
            let looked = is_looked_at(&path, cfg.release);
            Place { path, looked, below }
        });
    }
    let looked = |entry: &AclEntry| places.get(&entry.node).is_some_and(|place| place.looked);
    let first = |entry: &AclEntry| plain(access, entry).or((!looked(entry)).then_some(Idle::Unchecked));
    let mut found: Vec<(Option<Effect>, bool)> =
        cfg.acl.iter().map(|entry| (first(entry).map(Effect::None), false)).collect();
    let mut work = WORK;
    for principal in principals(access) {
        let groups = access.groups(principal.subject);
        let subjects = || std::iter::once((true, principal.subject)).chain(groups.iter().map(|group| (false, *group)));
        let depth = |node| cfg.tree.node(node).map_or(0, |node| node.depth as usize);
        let nodes = subjects().flat_map(|(_, subject)| access.positions(subject));
        let Some(left) = work.checked_sub(nodes.map(|(node, _)| 1 + depth(node)).sum()) else { break };
        work = left;
        let landings = access.landings(principal.subject);
        for (own, subject) in subjects() {
            for (node, position) in access.positions(subject) {
                let landing = landings.binary_search_by_key(&node, |landing| landing.node);
                let landing = landing.ok().and_then(|at| landings.get(at));
                let entry = cfg.acl.get(position as usize);
                let (Some(landing), Some(entry)) = (landing, entry) else { continue };
                let (Some(place), Some(found)) = (places.get(&node), found.get_mut(position as usize)) else {
                    continue;
                };
                found.1 |= landing.above.any && (own || !landing.own_here.any);
                let open = matches!(found.0, None | Some(Effect::None(Idle::Hidden | Idle::NoAccess | Idle::Owner)));
                let Some(left) = work.checked_sub(1 + place.path.len()).filter(|_| open) else { continue };
                work = left;
                let effect = principal.effect(access, own, landing, entry, place);
                found.0 = match (found.0, effect) {
                    (Some(known), Effect::None(_)) => Some(known),
                    _ => Some(effect),
                };
            }
        }
    }
    let settled = |(effect, replaces): (Option<Effect>, bool)| match effect.unwrap_or(Effect::Gives) {
        effect @ Effect::None(_) => (effect, false),
        effect => (effect, replaces),
    };
    found.into_iter().map(settled).collect()
}

/// Whether `release` ever looks at `path` or at one below it.
#[must_use]
pub fn is_looked_at(path: &[u8], release: Release) -> bool {
    path_allowed(path, release) || !checked_on(path, release).is_empty() || !checked_below(path, release).is_empty()
}

/// Reasons that need no look at anybody's rights.
fn plain(access: &Access<'_, '_>, entry: &AclEntry) -> Option<Idle> {
    let cfg = access.cfg;
    let subject = cfg.subject(entry.subject)?;
    match subject.kind {
        SubjectKind::User if subject.id == ROOT => Some(Idle::Root),
        SubjectKind::User => None,
        SubjectKind::Token => match cfg.token(subject.id) {
            None => Some(Idle::NoToken),
            Some(token) if !token.privsep.value => Some(Idle::FullToken),
            Some(_) => None,
        },
        SubjectKind::Group => {
            let members = cfg.group(subject.id).is_some_and(|group| !group.members.is_empty());
            (!members).then_some(Idle::NoMembers)
        }
    }
}

/// Somebody whose rights tell those of others.
struct Principal<'c, 'a> {
    subject: SubjectIx,
    /// With privilege separation; its owner limits it unless that is root@pam.
    token: Option<&'c Token<'a>>,
}

/// Users with entries of their own, one for all others with just the same groups, and tokens with privilege separation.
fn principals<'c, 'a>(access: &Access<'c, 'a>) -> Vec<Principal<'c, 'a>> {
    let cfg = access.cfg;
    let mut groups: FxHashSet<&[SubjectIx]> = FxHashSet::default();
    let mut principals = Vec::new();
    for (at, subject) in cfg.subjects.iter().enumerate() {
        let ix = SubjectIx::new(at);
        let token = cfg.token(subject.id).filter(|_| subject.kind == SubjectKind::Token);
        let counts = match subject.kind {
            SubjectKind::Group => false,
            SubjectKind::Token => token.is_some_and(|token| token.privsep.value),
            SubjectKind::User => subject.id != ROOT && (access.is_named(ix) || groups.insert(access.groups(ix))),
        };
        if counts {
            principals.push(Principal { subject: ix, token });
        }
    }
    principals
}

impl Principal<'_, '_> {
    /// What comes of `entry`, on the node of `landing`, for this one.
    fn effect(
        &self,
        access: &Access<'_, '_>,
        own: bool,
        landing: &NodeGrants,
        entry: &AclEntry,
        place: &Place,
    ) -> Effect {
        let Some(role) = access.cfg.role_at(entry.role) else { return Effect::Gives };
        let here = stands(own, landing.own_here.any, landing.here().no_access, role.is_no_access());
        let below = if entry.propagate && place.below {
            stands(own, landing.own_below.any, landing.below().no_access, role.is_no_access())
        } else {
            here.and(Err(Idle::Hidden))
        };
        if let (Err(why), Err(_)) = (here, below) {
            return Effect::None(why);
        }
        if role.privileges.is_empty() {
            return Effect::Denies;
        }
        if below.is_err()
            && access.pools_held(self.subject, &access.look_up(&place.path)).no_access
            && !role.is_no_access()
        {
            return Effect::None(Idle::NoAccess);
        }
        match self.token {
            Some(token)
                if token_user(token) != ROOT && !self.owner_has(access, token, entry, place, role.privileges) =>
            {
                Effect::None(Idle::Owner)
            }
            _ => Effect::Gives,
        }
    }

    /// Whether there is a path on which `entry` counts and the token's owner has any of `privileges`.
    fn owner_has(
        &self,
        access: &Access<'_, '_>,
        token: &Token<'_>,
        entry: &AclEntry,
        place: &Place,
        privileges: PrivSet,
    ) -> bool {
        let cfg = access.cfg;
        let id: &[u8] = token.id.value;
        let top = &place.path;
        let has = |path: &[u8]| access.effective(id, path).privs.intersects(privileges);
        if has(top) || (entry.propagate && has(&fresh_below(access, entry.node, top))) {
            return true;
        }
        let counts = |path: &[u8]| {
            let origin = access.origin(self.subject, path);
            let mut ats = origin.direct.into_iter().chain(origin.pools.into_iter().map(|(_, at)| at));
            ats.any(|at| at.node == entry.node && (at.own_path || entry.propagate)) && has(path)
        };
        let owner = split_token(id).ok().and_then(|(user, _)| cfg.subject_ix(SubjectKind::User, user));
        let landings = owner.map(|owner| access.landings(owner)).unwrap_or_default();
        let nodes = landings.iter().map(|landing| Vec::from(cfg.tree.path(landing.node)));
        let nodes = nodes.filter(|path| is_below(path, top) && entry.propagate);
        let members = cfg.pools.iter().flat_map(|pool| {
            let vms = pool.vms.iter().map(|vm| [b"/vms/", &**vm.name].concat());
            let storages = pool.storage.iter().map(|storage| [b"/storage/", &**storage.value].concat());
            let reached = |path: &[u8]| **top == *path || is_below(path, top);
            let of_pool = reached(&pool_path(pool));
            vms.chain(storages).filter(move |path| of_pool || reached(path)).collect::<Vec<_>>()
        });
        nodes.chain(members).take(OWNER_PATHS).any(|path| counts(&path))
    }
}

/// Whether an entry counts on a node: not hidden by others of its subject's own, and not beside a NoAccess.
fn stands(own: bool, own_any: bool, no_access: bool, is_no_access: bool) -> Result<(), Idle> {
    if !own && own_any {
        Err(Idle::Hidden)
    } else if no_access && !is_no_access {
        Err(Idle::NoAccess)
    } else {
        Ok(())
    }
}

/// A path right below the node that has no ACL.
fn fresh_below(access: &Access<'_, '_>, node: NodeIx, path: &[u8]) -> Vec<u8> {
    let mut name = b"-".to_vec();
    while access.cfg.tree.child(node, &name).is_some() {
        name.push(b'-');
    }
    [if path == b"/" { b"" } else { path }, b"/", &*name].concat()
}
