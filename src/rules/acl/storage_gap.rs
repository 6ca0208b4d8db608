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
use crate::rules::rights::{AclAnalysis, NEW_GUEST, Object, Principal, privs};
use crate::rules::words;

/// Pools, and members of one, that are looked at one by one.
const POOLS: usize = 100;

/// What is wanted on guests, and what on which storages goes with it.
#[derive(Clone, Copy, Debug)]
pub(in crate::rules) struct Need {
    /// Any of these on a guest.
    on_guest: &'static [&'static str],
    /// Any of these on a storage.
    on_storage: &'static [&'static str],
    /// Storages that may hold any of these.
    kinds: &'static [ContentKind],
}

/// The need of who makes disks. VM.Clone alone is none: without VM.Allocate nobody can clone.
pub(in crate::rules) const DISKS: Need = Need {
    on_guest: &["VM.Allocate", "VM.Config.Disk"],
    on_storage: &["Datastore.AllocateSpace"],
    kinds: &[ContentKind::Images, ContentKind::Rootdir],
};

/// The need of who attaches ISO images.
pub(in crate::rules) const ISOS: Need = Need {
    on_guest: &["VM.Config.CDROM"],
    on_storage: &["Datastore.AllocateSpace", "Datastore.Audit", "Datastore.Allocate"],
    kinds: &[ContentKind::Iso],
};

/// The need of who backs guests up.
pub(in crate::rules) const BACKUPS: Need =
    Need { on_guest: &["VM.Backup"], on_storage: &["Datastore.AllocateSpace"], kinds: &[ContentKind::Backup] };

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
fn storages<'a>(rights: &AclAnalysis<'a>, need: &Need) -> Vec<&'a Section<'a>> {
    let Some(cfg) = rights.objects.storages() else { return Vec::new() };
    let holds = |storage: &&Section<'_>| need.kinds.iter().any(|kind| storage.content.kinds.has(*kind));
    cfg.storages().filter(|storage| !storage.is_disabled()).filter(holds).collect()
}

/// Everybody whom a need isn't met for. None where no storage could meet it.
#[derive(Debug)]
pub(in crate::rules) struct Gaps<'a> {
    pub(in crate::rules) disks: Vec<Gap<'a>>,
    pub(in crate::rules) isos: Vec<Gap<'a>>,
    pub(in crate::rules) backups: Vec<Gap<'a>>,
}

/// All gaps there are, made when first asked for: what somebody has on a storage is worked out once for all needs.
pub(in crate::rules) fn gaps<'r, 'a>(rights: &'r AclAnalysis<'a>, access: &Access<'a, 'a>) -> &'r Gaps<'a> {
    rights.gaps.get_or_init(|| {
        let mut stores = Stores::of(rights, access);
        let mut open = [DISKS, ISOS, BACKUPS].map(|need| Open::new(&stores, need));
        // Users come before tokens, so that a token can join its owner.
        for kind in [SubjectKind::User, SubjectKind::Token] {
            let of_kind = |principal: &&Principal| {
                rights.model.subject(principal.subject).is_some_and(|subject| subject.kind == kind)
            };
            for principal in rights.principals.iter().filter(of_kind) {
                let mut wanting =
                    open.iter_mut().filter(|open| principal.on_guests.intersects(open.on_guest)).peekable();
                if wanting.peek().is_none() {
                    continue;
                }
                let Some(first) = principal.same.iter().copied().find(|who| rights.enabled(*who)) else { continue };
                stores.ask_for(first);
                for open in wanting {
                    if !stores.any(&open.stores, open.on_storage) {
                        open.add(rights, access, principal, first);
                    }
                }
            }
        }
        let [disks, isos, backups] = open.map(Open::close);
        Gaps { disks, isos, backups }
    })
}

/// The storages in use, those of types that PVE doesn't ship too, and what somebody has on them.
struct Stores<'r, 'a> {
    access: &'r Access<'a, 'a>,
    all: Vec<Store<'a>>,
    who: SubjectIx,
}

struct Store<'a> {
    section: &'a Section<'a>,
    /// A type that PVE doesn't ship may hold anything.
    foreign: bool,
    path: LookedUp,
    /// What the one who is asked for has there, once that is known.
    has: Option<PrivSet>,
}

impl<'r, 'a> Stores<'r, 'a> {
    fn of(rights: &AclAnalysis<'a>, access: &'r Access<'a, 'a>) -> Self {
        let cfg = rights.objects.storages().into_iter();
        let ours = cfg.clone().flat_map(|cfg| cfg.storages()).filter(|storage| !storage.is_disabled());
        let ours = ours.map(|section| (section, false));
        let foreign = cfg.flat_map(|cfg| cfg.unknown_types()).map(|section| (section, true));
        let store = |(section, foreign): (&'a Section<'a>, bool)| {
            let path = access.look_up(&[b"/storage/", section.id.value.as_bytes()].concat());
            Store { section, foreign, path, has: None }
        };
        Self { access, all: ours.chain(foreign).map(store).collect(), who: SubjectIx::new(0) }
    }

    fn ask_for(&mut self, who: SubjectIx) {
        self.who = who;
        self.all.iter_mut().for_each(|store| store.has = None);
    }

    /// Whether there is any of `wanted` on one of these.
    fn any(&mut self, some: &[usize], wanted: PrivSet) -> bool {
        let (access, who) = (self.access, self.who);
        some.iter().any(|at| {
            let Some(Store { path, has, .. }) = self.all.get_mut(*at) else { return false };
            has.get_or_insert_with(|| access.effective_on(who, path).privs).intersects(wanted)
        })
    }
}

/// The gaps of one need, while they are being found.
struct Open<'a> {
    on_guest: PrivSet,
    on_storage: PrivSet,
    /// The storages that could meet it.
    stores: Vec<usize>,
    gaps: Vec<Gap<'a>>,
    by_source: FxHashMap<(SubjectIx, Option<PoolIx>), usize>,
    of_user: FxHashMap<SubjectIx, usize>,
}

impl<'a> Open<'a> {
    fn new(stores: &Stores<'_, 'a>, need: Need) -> Self {
        let holds = |store: &Store<'_>| need.kinds.iter().any(|kind| store.section.content.kinds.has(*kind));
        let met = stores.all.iter().any(|store| !store.foreign && holds(store));
        let fit = stores.all.iter().enumerate().filter(|(_, store)| store.foreign || holds(store));
        let mut fit: Vec<_> = fit.map(|(at, store)| (store.path.pools().len(), at)).collect();
        // One is enough: first those that take the least work, the pools of each being asked too.
        fit.sort_unstable();
        Self {
            on_guest: if met { privs(need.on_guest) } else { PrivSet::EMPTY },
            on_storage: privs(need.on_storage),
            stores: fit.into_iter().map(|(_, at)| at).collect(),
            gaps: Vec::new(),
            by_source: FxHashMap::default(),
            of_user: FxHashMap::default(),
        }
    }

    /// Adds those who have no right on any of the storages, if they have one on a guest.
    fn add(&mut self, rights: &AclAnalysis<'a>, access: &Access<'a, 'a>, principal: &Principal, first: SubjectIx) {
        let Some((path, has)) = on_guests(rights, access, first, self.on_guest) else { return };
        let token = rights.model.token_at(first);
        let owner = token.and_then(|token| rights.model.users.get(token.user.index()));
        let owners = owner.and_then(|owner| self.of_user.get(&owner.subject));
        if let Some(gap) = owners.and_then(|gap| self.gaps.get_mut(*gap)) {
            gap.tokens.push(first);
            return;
        }
        let Some(entry) = source(access, rights.model.subject_id(first), has, &path) else { return };
        let pool = pool_without(rights, access, first, self.on_guest, self.on_storage);
        let next = self.gaps.len();
        let at = *self.by_source.entry((entry.subject, pool)).or_insert(next);
        if at == next {
            let path = rights.model.tree.path(entry.node);
            self.gaps.push(Gap { entry, path, privs: has, users: Vec::new(), tokens: Vec::new(), pool });
        }
        let Some(gap) = self.gaps.get_mut(at) else { return };
        gap.privs |= has;
        if token.is_some() {
            gap.tokens.push(first);
        } else {
            for user in principal.same.iter().copied().filter(|who| rights.enabled(*who)) {
                self.of_user.insert(user, at);
                gap.users.push(user);
            }
        }
    }

    fn close(mut self) -> Vec<Gap<'a>> {
        for gap in &mut self.gaps {
            gap.users.sort_unstable();
            gap.tokens.sort_unstable();
        }
        self.gaps
    }
}

/// Where somebody has any of `wanted` on guests that exist or could be made, and what.
fn on_guests(
    rights: &AclAnalysis<'_>,
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
        guests.map(|spot| (spot.path.to_vec(), has(&access.look_up_node(spot.node)))).find(|(_, has)| !has.is_empty())
    })
}

/// Pools that somebody has anything on by an ACL on them or above them, `/` left out.
fn touched_pools<'m>(
    rights: &AclAnalysis<'m>,
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
    rights: &AclAnalysis<'_>,
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
    pub(in crate::rules) fn to_name(&self, rights: &AclAnalysis<'_>) -> Vec<SubjectIx> {
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
    pub(in crate::rules) fn named(&self, rights: &AclAnalysis<'_>) -> String {
        match self.to_name(rights).first() {
            Some(first) if rights.written(*first).starts_with('@') && self.users.len() > 1 => {
                format!("the members of {}", rights.written(*first))
            }
            _ if self.users.is_empty() => rights.all_named(&self.tokens, 2),
            _ => rights.all_named(&self.users, 2),
        }
    }

    /// Whether the message is about one who has rather than some who have.
    pub(in crate::rules) fn is_one(&self) -> bool {
        self.users.len() == 1 || (self.users.is_empty() && self.tokens.len() == 1)
    }

    /// The stable name of the ACL that it is about.
    pub(in crate::rules) fn subject(&self, rights: &AclAnalysis<'_>) -> String {
        rights.acl_name(&self.path, self.entry.subject)
    }

    /// The storage to propose: the first that can hold all of the kinds, or else any, and on which PVEDatastoreUser would take
    /// nothing away from any of them and be effective.
    pub(in crate::rules) fn best(
        &self,
        rights: &AclAnalysis<'a>,
        access: &Access<'a, 'a>,
        need: &Need,
    ) -> Option<&'a Section<'a>> {
        let mut storages = storages(rights, need);
        // A type's default content is often not what its owner thinks of.
        storages.sort_by_key(|storage| {
            let all = need.kinds.iter().all(|kind| storage.content.kinds.has(*kind));
            (!(all && storage.content.explicit), !storage.content.explicit)
        });
        storages.into_iter().find(|storage| self.takes(rights, access, storage, need))
    }

    fn takes(&self, rights: &AclAnalysis<'_>, access: &Access<'_, '_>, storage: &Section<'_>, need: &Need) -> bool {
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
        rights: &AclAnalysis<'a>,
        access: &Access<'a, 'a>,
        need: &Need,
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
                "nor does this token: it has its owner's permissions"
            };
            finding = finding.secondary(rights.at(token.id.span), text);
        }
        let to_name = self.to_name(rights);
        let Some(best) = self.best(rights, access, need).filter(|_| to_name.len() <= 50) else {
            return finding.edit("grant them PVEDatastoreUser on a storage that should hold it");
        };
        let storage = [b"/storage/", best.id.value.as_bytes()].concat();
        let on = |path: &[u8]| {
            let command = rights.options(Command::new("pveum acl modify").arg(path), &to_name)?;
            Some(command.words("--roles PVEDatastoreUser"))
        };
        let Some(grant) = on(&storage) else {
            return finding.edit(format!("grant them PVEDatastoreUser on {}", words::name(&storage)));
        };
        finding = finding.fix_command(grant);
        // Through the pool that the rights come from, where those who have them by it are just these.
        let pool = self.path.strip_prefix(b"/pool/").and_then(|pool| rights.model.pool(pool));
        let everybody_by_it = to_name.as_slice() == [self.entry.subject];
        if let Some(pool) = pool.filter(|_| everybody_by_it) {
            let member = pool.storage.iter().any(|member| member.value == best.id.value);
            let add = (!member)
                .then(|| Command::new("pveum pool modify").arg(pool.name.value).words("--storage").arg(best.id.value));
            finding = finding
                .fix_commands(add.into_iter().chain(on(&self.path)), "for every storage of the pool, now and later");
        }
        finding
    }
}

/// A storage's name for a 403 in a message.
pub(in crate::rules) fn refused(best: Option<&Section<'_>>, privilege: &str) -> String {
    let id = best.map_or_else(|| "local".to_owned(), |storage| words::name(storage.id.value));
    format!("403 Permission check failed (/storage/{id}, {privilege})")
}
