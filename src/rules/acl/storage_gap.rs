//! Users, groups and tokens with rights on guests, and without the right on any storage that these rights are worth nothing
//! without.

use bstr::{BString, ByteSlice};
use rustc_hash::FxHashMap;

use crate::access::{Access, LookedUp, Step};
use crate::finding::{Command, Finding};
use crate::model::storage::Section;
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::tables::storage::ContentKind;
use crate::model::user::{AclEntry, PoolIx, ROOT, SubjectIx, SubjectKind, split_token};
use crate::rules::rights::{NEW_GUEST, Object, Principal, Rights, privs};
use crate::rules::words;

/// Pools, and members of one, that are looked at one by one.
const POOLS: usize = 100;

/// What is wanted on guests, and what on which storages goes with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Need<'n> {
    /// Any of these on a guest.
    pub(in crate::rules) on_guest: &'n [&'n str],
    /// Any of these on a storage.
    pub(in crate::rules) on_storage: &'n [&'n str],
    /// Storages that may hold any of these.
    pub(in crate::rules) kinds: &'n [ContentKind],
}

/// The need of who makes disks. VM.Clone alone is none: without VM.Allocate nobody can clone.
pub(in crate::rules) const DISKS: Need<'_> = Need {
    on_guest: &["VM.Allocate", "VM.Config.Disk"],
    on_storage: &["Datastore.AllocateSpace"],
    kinds: &[ContentKind::Images, ContentKind::Rootdir],
};

/// Some who have the one and lack the other, by rights from one source.
#[derive(Debug)]
pub(in crate::rules) struct Gap<'a> {
    /// The ACL that gives the first of them the rights on guests.
    pub(in crate::rules) entry: &'a AclEntry,
    /// Its path.
    pub(in crate::rules) path: BString,
    /// What they have on guests.
    pub(in crate::rules) privs: PrivSet,
    /// Users that lack the right on storages; empty where only tokens do.
    pub(in crate::rules) users: Vec<SubjectIx>,
    /// Tokens with privilege separation that lack it, too.
    pub(in crate::rules) tokens: Vec<SubjectIx>,
    /// They do have it on this pool, which holds no such storage.
    pub(in crate::rules) pool: Option<PoolIx>,
}

/// Storages that may hold any of the kinds, and are in use.
fn storages<'a>(rights: &Rights<'a>, need: &Need<'_>) -> Vec<&'a Section<'a>> {
    let Some(cfg) = rights.objects.storages() else { return Vec::new() };
    let holds = |storage: &&Section<'_>| need.kinds.iter().any(|kind| storage.content.kinds.has(*kind));
    cfg.storages().filter(|storage| !storage.is_disabled()).filter(holds).collect()
}

/// [`gaps`] of [`DISKS`], made when first asked for.
pub(in crate::rules) fn disk_gaps<'r, 'a>(rights: &'r Rights<'a>, access: &Access<'a, 'a>) -> &'r [Gap<'a>] {
    rights.disk_gaps.get_or_init(|| gaps(rights, access, &DISKS))
}

/// Everybody whom this need isn't met for. Nothing where no storage could meet it.
pub(in crate::rules) fn gaps<'a>(rights: &Rights<'a>, access: &Access<'a, 'a>, need: &Need<'_>) -> Vec<Gap<'a>> {
    let (on_guest, on_storage) = (privs(need.on_guest), privs(need.on_storage));
    let storages = storages(rights, need);
    if storages.is_empty() {
        return Vec::new();
    }
    // A type that PVE doesn't ship may hold anything.
    let foreign = rights.objects.storages().into_iter().flat_map(|cfg| cfg.unknown_types());
    let paths: Vec<LookedUp> = storages
        .iter()
        .map(|storage| storage.id.value)
        .chain(foreign.map(|section| section.id.value))
        .map(|id| access.look_up(&[b"/storage/", id.as_bytes()].concat()))
        .collect();
    let mut gaps: Vec<Gap<'a>> = Vec::new();
    let mut by_source: FxHashMap<(SubjectIx, Option<PoolIx>), usize> = FxHashMap::default();
    let mut of_user: FxHashMap<SubjectIx, usize> = FxHashMap::default();
    // Users come before tokens, so that a token can join its owner.
    let kind = |principal: &&Principal| rights.model.subject(principal.subject).map(|subject| subject.kind);
    let users = rights.principals.iter().filter(|principal| kind(principal) == Some(SubjectKind::User));
    let tokens = rights.principals.iter().filter(|principal| kind(principal) == Some(SubjectKind::Token));
    for principal in users.chain(tokens) {
        if !principal.on_guests.intersects(on_guest) {
            continue;
        }
        let Some(first) = principal.same.iter().copied().find(|who| rights.enabled(*who)) else { continue };
        if paths.iter().any(|path| access.effective_on(first, path).privs.intersects(on_storage)) {
            continue;
        }
        let Some((path, has)) = on_guests(rights, access, first, on_guest) else { continue };
        let id = rights.model.subject_id(first);
        let token = kind(&principal) == Some(SubjectKind::Token);
        let owner = split_token(id).ok().filter(|_| token).and_then(|(owner, _)| rights.model.user(owner));
        if let Some(gap) = owner.and_then(|owner| of_user.get(&owner.subject)).and_then(|gap| gaps.get_mut(*gap)) {
            gap.tokens.push(first);
            continue;
        }
        let Some(entry) = source(access, id, has, &path) else { continue };
        let pool = pool_without(rights, access, first, on_guest, on_storage);
        let next = gaps.len();
        let at = *by_source.entry((entry.subject, pool)).or_insert(next);
        if at == next {
            let path = rights.model.tree.path(entry.node);
            gaps.push(Gap { entry, path, privs: has, users: Vec::new(), tokens: Vec::new(), pool });
        }
        let Some(gap) = gaps.get_mut(at) else { continue };
        gap.privs |= has;
        if token {
            gap.tokens.push(first);
        } else {
            for user in principal.same.iter().copied().filter(|who| rights.enabled(*who)) {
                of_user.insert(user, at);
                gap.users.push(user);
            }
        }
    }
    for gap in &mut gaps {
        gap.users.sort_unstable();
        gap.tokens.sort_unstable();
    }
    gaps
}

/// Where somebody has any of `wanted` on guests that exist or could be made, and what.
fn on_guests(
    rights: &Rights<'_>,
    access: &Access<'_, '_>,
    who: SubjectIx,
    wanted: PrivSet,
) -> Option<(Vec<u8>, PrivSet)> {
    let has = |path: &LookedUp| access.effective_on(who, path).privs & wanted;
    let new = has(&access.look_up(NEW_GUEST));
    if !new.is_empty() {
        return Some((NEW_GUEST.to_vec(), new));
    }
    let mut pools = touched_pools(rights, access, who);
    let from_pool = pools.find_map(|pool| {
        let path = [b"/pool/", pool.name.value.as_bytes()].concat();
        let here = has(&access.look_up(&path));
        let creates = here & privs(&["VM.Allocate"]);
        if !creates.is_empty() {
            return Some((path, here));
        }
        let members = pool.vms.iter().take(POOLS).map(|vm| [b"/vms/", vm.name.as_bytes()].concat());
        let mut members = members.map(|path| (has(&access.look_up(&path)), path));
        members.find(|(has, _)| !has.is_empty()).map(|(has, path)| (path, has))
    });
    from_pool.or_else(|| {
        let guests = access.landings(who).into_iter().filter_map(|landing| {
            rights
                .spot(landing.node)
                .filter(|spot| matches!(spot.object, Object::Guest(_)) && spot.exists != Some(false))
        });
        guests.map(|spot| (spot.path.to_vec(), has(&spot.looked))).find(|(_, has)| !has.is_empty())
    })
}

/// Pools that somebody has anything on by an ACL on them or above them, `/` left out.
fn touched_pools<'m>(
    rights: &Rights<'m>,
    access: &Access<'_, '_>,
    who: SubjectIx,
) -> impl Iterator<Item = &'m crate::model::user::Pool<'m>> {
    let spots = access.landings(who).into_iter().filter_map(|landing| rights.spot(landing.node));
    let tops: Vec<&[u8]> = spots
        .filter(|spot| spot.path == "/" || spot.path == "/pool" || spot.object == Object::Pool)
        .map(|spot| spot.path.strip_prefix(b"/pool/").unwrap_or_default())
        .collect();
    let model = rights.model;
    let below = move |name: &[u8]| {
        tops.iter().any(|top| {
            top.is_empty() || name.strip_prefix(*top).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
        })
    };
    model.pools.iter().filter(move |pool| below(pool.name.value)).take(POOLS)
}

/// A pool on which somebody has rights on guests and on storages, none of which is fit.
fn pool_without(
    rights: &Rights<'_>,
    access: &Access<'_, '_>,
    who: SubjectIx,
    on_guest: PrivSet,
    on_storage: PrivSet,
) -> Option<PoolIx> {
    let pool = touched_pools(rights, access, who).find(|pool| {
        let path = access.look_up(&[b"/pool/", pool.name.value.as_bytes()].concat());
        let has = access.effective_on(who, &path).privs;
        has.intersects(on_guest) && has.intersects(on_storage)
    })?;
    rights.model.pool_ix(pool.name.value)
}

/// The ACL that gives it.
fn source<'a>(access: &Access<'a, 'a>, id: &[u8], has: PrivSet, path: &[u8]) -> Option<&'a AclEntry> {
    let wanted: Vec<Priv> = has.iter().collect();
    wanted.into_iter().find_map(|privilege| {
        access.derive(id, privilege, path)?.steps.into_iter().find_map(|step| match step {
            Step::Acl { entry, .. } => Some(entry),
            _ => None,
        })
    })
}

impl<'a> Gap<'a> {
    /// Everybody in it.
    pub(in crate::rules) fn everybody(&self) -> Vec<SubjectIx> {
        self.users.iter().chain(&self.tokens).copied().collect()
    }

    /// Whom a command has to name: the group that all of the users have their rights by, if it has no other member, else
    /// everybody; and the tokens.
    pub(in crate::rules) fn to_name(&self, rights: &Rights<'_>) -> Vec<SubjectIx> {
        let group = rights.model.group(rights.model.subject_id(self.entry.subject)).filter(|group| {
            group.subject == self.entry.subject
                && group.members.iter().filter(|member| rights.enabled(member.value)).count() == self.users.len()
        });
        match group {
            Some(group) => std::iter::once(group.subject).chain(self.tokens.iter().copied()).collect(),
            None => self.everybody(),
        }
    }

    /// For a message: the members of a group, or the users and tokens by name.
    pub(in crate::rules) fn named(&self, rights: &Rights<'_>) -> String {
        match self.to_name(rights).first() {
            Some(first) if rights.written(*first).starts_with('@') && self.users.len() > 1 => {
                format!("the members of {}", rights.written(*first))
            }
            _ if self.users.is_empty() => rights.all_written(&self.tokens, 2),
            _ => rights.all_written(&self.users, 2),
        }
    }

    /// Whether the message is about one who has rather than some who have.
    pub(in crate::rules) fn is_one(&self) -> bool {
        self.users.len() == 1 || (self.users.is_empty() && self.tokens.len() == 1)
    }

    /// The stable name of the ACL that it is about.
    pub(in crate::rules) fn subject(&self, rights: &Rights<'_>) -> String {
        rights.acl_name(&self.path, self.entry.subject)
    }

    /// The storage to propose: the first that can hold all of the kinds, or else any, and on which PVEDatastoreUser would take
    /// nothing away from any of them and be effective.
    pub(in crate::rules) fn best(
        &self,
        rights: &Rights<'a>,
        access: &Access<'a, 'a>,
        need: &Need<'_>,
    ) -> Option<&'a Section<'a>> {
        let mut storages = storages(rights, need);
        // A type's default content is often not what its owner thinks of.
        storages.sort_by_key(|storage| {
            let all = need.kinds.iter().all(|kind| storage.content.kinds.has(*kind));
            (!(all && storage.content.explicit), !storage.content.explicit)
        });
        storages.into_iter().find(|storage| self.takes(rights, access, storage, need))
    }

    fn takes(&self, rights: &Rights<'_>, access: &Access<'_, '_>, storage: &Section<'_>, need: &Need<'_>) -> bool {
        let path = [b"/storage/", storage.id.value.as_bytes()].concat();
        let looked = access.look_up(&path);
        let given = privs(&["Datastore.AllocateSpace", "Datastore.Audit"]);
        self.everybody().iter().all(|who| {
            let id = rights.model.subject_id(*who);
            // What PVE never looks up on a storage isn't lost.
            let has = access.direct_held(*who, &looked);
            let looked_up = crate::model::tables::access::checked_on(&path, rights.model.release);
            let owner = split_token(id).ok().map(|(owner, _)| owner).filter(|_| self.tokens.contains(who));
            let owner_has = owner.is_none_or(|owner| {
                owner == ROOT
                    || rights.model.user(owner).is_some_and(|user| self.users.contains(&user.subject))
                    || access.effective(owner, &path).privs.intersects(privs(need.on_storage))
            });
            !has.no_access
                && !access.pools_held(*who, &looked).no_access
                && given.contains_all(has.privs & looked_up)
                && owner_has
        })
    }

    /// The finding with the tokens it is about as well, and with the commands that close the gap.
    pub(in crate::rules) fn finish(
        &self,
        rights: &Rights<'a>,
        access: &Access<'a, 'a>,
        need: &Need<'_>,
        mut finding: Finding,
    ) -> Finding {
        let tokens = rights.model.tokens.iter().filter(|token| {
            rights.model.users.get(token.user.index()).is_some_and(|user| self.users.contains(&user.subject))
                && (!token.privsep.value || self.tokens.contains(&token.subject))
        });
        for token in tokens.take(3) {
            let text = if token.privsep.value {
                "nor does this token"
            } else {
                "nor does this token: it has its owner's rights"
            };
            finding = finding.also(rights.at(token.id.span), text);
        }
        let to_name = self.to_name(rights);
        let Some(best) = self.best(rights, access, need).filter(|_| to_name.len() <= 50) else {
            return finding.edit("give them PVEDatastoreUser on a storage that is to hold it");
        };
        let storage = [b"/storage/", best.id.value.as_bytes()].concat();
        let on = |path: &[u8]| {
            let command = rights.options(Command::new("pveum acl modify").arg(path), &to_name)?;
            Some(command.words("--roles PVEDatastoreUser"))
        };
        let Some(grant) = on(&storage) else {
            return finding.edit(format!("give them PVEDatastoreUser on {}", words::name(&storage)));
        };
        finding = finding.mend(grant);
        // Through the pool that the rights come from, where those who have them by it are just these.
        let pool = self.path.strip_prefix(b"/pool/").and_then(|pool| rights.model.pool(pool));
        let everybody_by_it = to_name.as_slice() == [self.entry.subject];
        if let Some(pool) = pool.filter(|_| everybody_by_it) {
            let member = pool.storage.iter().any(|member| member.value == best.id.value);
            let add = (!member)
                .then(|| Command::new("pveum pool modify").arg(pool.name.value).words("--storage").arg(best.id.value));
            finding =
                finding.mend_all(add.into_iter().chain(on(&self.path)), "for every storage of the pool, now and later");
        }
        finding
    }
}

/// A storage's name for a 403 in a message.
pub(in crate::rules) fn refused(best: Option<&Section<'_>>, privilege: &str) -> String {
    let id = best.map_or_else(|| "local".to_owned(), |storage| words::name(storage.id.value));
    format!("403 Permission check failed (/storage/{id}, {privilege})")
}
