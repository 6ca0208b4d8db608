//! What a search found, in words: goals, the steps of their chains, and where what a step needs comes from. The stories of
//! rights themselves are [`Explainer`]'s.

use super::{By, Edge, Escalation, Fact, Goal, Need, PlaceIx, Reach, Step};
use crate::access::{Access, Explainer, Sentence, Step as Link, pool_path};
use crate::model::tables::access::PrivSet;
use crate::model::user::{AclEntry, ROOT, SubjectIx};
use crate::release::Release;
use crate::text::printable;

/// Names that are listed before the rest is counted.
const NAMED: usize = 3;

/// `a`, `a and b`, `a, b and 14 more`.
#[must_use]
pub fn listed(names: &[String], count: usize) -> String {
    let shown = names.get(..NAMED.min(names.len())).unwrap_or_default();
    match (shown, count.saturating_sub(shown.len())) {
        ([], _) => String::new(),
        ([one], 0) => one.clone(),
        ([rest @ .., last], 0) => format!("{} and {last}", rest.join(", ")),
        (shown, more) => format!("{} and {more} more", shown.join(", ")),
    }
}

impl Escalation<'_, '_, '_> {
    /// What a goal is, as something that one can do: `become administrator`.
    #[must_use]
    pub fn goal(&self, goal: &Goal) -> String {
        match goal.reach {
            Reach::Administrator => "become administrator: every privilege on every path".to_owned(),
            Reach::NodeRoot => "become root on a node, and so on the whole cluster".to_owned(),
            _ => self.fact(goal.fact, &goal.places),
        }
    }

    /// A step, as something that one can do: `make a token of root@pam, which has every privilege`.
    #[must_use]
    pub fn step(&self, step: &Step) -> String {
        let text = self.fact(step.gives, &[]);
        match (step.edge, step.gives) {
            (Edge::GrantAnyRole, Fact::AnyRole(_)) => {
                let free = step.needs.first().map_or("", |need| need.privilege.name());
                let release = self.access.cfg().release;
                let rule = match release {
                    Release::Pve7 => format!("in {release} whoever has {free} there may give any role"),
                    _ => format!("whoever has {free} may give any role there, also one with more than it has itself"),
                };
                format!("{text}: {rule}")
            }
            (Edge::OwnRealm, Fact::Rights { of, .. }) => {
                let realm = crate::model::user::realm(self.access.cfg().subject_id(of));
                format!("point realm {} at a server of its own, which lets it {text}", printable(realm))
            }
            (Edge::ResetPassword, Fact::Rights { of, .. }) => {
                format!("set the password of {}, and {text}", self.name(of))
            }
            _ => text,
        }
    }

    /// A fact, as something that one can do. `places` are all that it is about, when they are more than the fact's own.
    fn fact(&self, fact: Fact, places: &[PlaceIx]) -> String {
        let all = |at: PlaceIx| if places.is_empty() { vec![at] } else { places.to_vec() };
        match fact {
            Fact::AnyRole(at) => format!("give itself Administrator on {}", self.paths(&all(at))),
            Fact::OwnRoles(of) => {
                let roles = own_roles(self.access, of);
                let noun = if roles.len() == 1 { "role" } else { "roles" };
                format!("put every privilege into {noun} {}, which {} has", listed(&roles, roles.len()), self.name(of))
            }
            Fact::Rights { of, login: false } => {
                let root = self.access.cfg().subject_id(of) == ROOT;
                let all = if root { "which has every privilege" } else { "with all its rights" };
                format!("make a token of {}, {all}{}", self.name(of), self.disabled(of))
            }
            Fact::Rights { of, login: true } => format!("log in as {}{}", self.name(of), self.disabled(of)),
            Fact::Member { user, group } => format!("put {} into group {}", self.name(user), self.name(group)),
            Fact::Pooled { object, pool } => {
                let pool = self.path(pool);
                let pool = pool.strip_prefix("/pool/").unwrap_or(&pool);
                format!("put {} into pool {pool}, on which it has more rights", self.objects(&all(object)))
            }
            Fact::Directory(at) => {
                let path = self.path(at);
                let realm = path.strip_prefix("/access/realm/").unwrap_or(&path);
                format!("make and change users and groups as the directory of realm {realm} says")
            }
            Fact::NodeRoot => "map any directory of a node into its own VM and write there".to_owned(),
            Fact::Devices(at) => {
                let kind = if self.path(at).ends_with("usb") { "USB devices" } else { "PCI devices (disks, NICs)" };
                format!("map {kind} of a node into its own VM")
            }
            Fact::Storages => "define any storage: any path of a node, any server".to_owned(),
            Fact::NodeAdmin(at) => {
                format!("change network, DNS, packages and certificates of {}", self.objects(&all(at)))
            }
            Fact::NodePrompt(at) => format!("open the login prompt of {}", self.objects(&all(at))),
            Fact::GuestRoot(at) => format!("become root inside {}", self.objects(&all(at))),
            Fact::GuestData(at) => format!("copy the disks of {}", self.objects(&all(at))),
        }
    }

    /// A chain in a few words, with the rights of its own that it starts from.
    #[must_use]
    pub fn chain_in_short(&self, goal: &Goal) -> String {
        let Some((last, before)) = goal.steps.split_last() else { return String::new() };
        let last = self.in_short(last, &goal.places);
        if before.is_empty() { last } else { format!("{}; then {last}", self.steps_in_short(before)) }
    }

    /// Steps in a few words.
    #[must_use]
    pub fn steps_in_short(&self, steps: &[Step]) -> String {
        steps.iter().map(|step| self.in_short(step, &[])).collect::<Vec<_>>().join("; then ")
    }

    fn in_short(&self, step: &Step, places: &[PlaceIx]) -> String {
        let own = step.needs.iter().filter(|need| need.by == By::Own);
        let own: Vec<_> = own.map(|need| format!("{} on {}", need.privilege, self.path(need.at))).collect();
        let text = self.fact(step.gives, places);
        if own.is_empty() { text } else { format!("{text} ({})", own.join(", ")) }
    }

    /// Where a need of step `at` of a chain comes from, for `subject`.
    #[must_use]
    pub fn need(&self, subject: &[u8], need: &Need, steps: &[Step], teller: &Explainer<'_, '_, '_>) -> Vec<Sentence> {
        let path = self.place(need.at).map(|place| place.path.as_slice()).unwrap_or_default();
        let derived = |who: &[u8]| {
            let chain = self.access.derive(who, need.privilege, path)?;
            Some(teller.derivation(who, need.privilege, path, &chain))
        };
        let By::Step(before) = need.by else { return derived(subject).unwrap_or_default() };
        let nth = before + 1;
        match steps.get(before).map(|step| step.gives) {
            Some(Fact::Rights { of, .. }) => derived(self.access.cfg().subject_id(of)).unwrap_or_default(),
            Some(Fact::OwnRoles(of)) => match own_role(self.access, of, path) {
                Some(entry) => {
                    let cfg = self.access.cfg();
                    let role = printable(cfg.role_name(entry.role));
                    let on = printable(&cfg.tree.path(entry.node));
                    let text = format!("{role}, which it has on {on}, is a role of the file's own (step {nth})");
                    vec![Sentence::new(text).mark(entry.role_span, "a role that can be changed")]
                }
                None => vec![Sentence::new(format!("by step {nth}"))],
            },
            _ => vec![Sentence::new(format!("by step {nth}"))],
        }
    }

    /// The ACL entries that the chain starts from: for each privilege that is there from the beginning, the one that gives it.
    #[must_use]
    pub fn starts(&self, subject: &[u8], goal: &Goal) -> Vec<AclEntry> {
        let mut entries: Vec<AclEntry> = Vec::new();
        for need in goal.steps.iter().flat_map(|step| &step.needs).filter(|need| need.by == By::Own) {
            let Some(place) = self.place(need.at) else { continue };
            let chain = self.access.derive(subject, need.privilege, &place.path);
            let entry = chain.iter().flat_map(|chain| &chain.steps).find_map(|link| match link {
                Link::Acl { entry, .. } => Some(**entry),
                _ => None,
            });
            entries.extend(entry.filter(|entry| !entries.contains(entry)));
        }
        entries
    }

    /// Objects by name: `guests 100, 101 and 3 more`, or a path.
    #[must_use]
    pub fn objects(&self, places: &[PlaceIx]) -> String {
        let places: Vec<_> = places.iter().filter_map(|at| self.place(*at)).collect();
        let count = places.iter().map(|place| place.count).sum();
        let Some(first) = places.first() else { return String::new() };
        let kinds = [("/vms/", "guest"), ("/storage/", "storage"), ("/nodes/", "node"), ("/pool/", "pool")];
        let kind = kinds.into_iter().find(|(prefix, _)| first.path.starts_with(prefix.as_bytes()));
        let Some((prefix, kind)) = kind else {
            return if first.path == "/" { "the cluster".to_owned() } else { printable(&first.path) };
        };
        let names = places.iter().flat_map(|place| &place.some).filter_map(|path| path.strip_prefix(prefix.as_bytes()));
        let (rest, mut names): (Vec<_>, Vec<_>) = names.map(printable).partition(|name| name == "*");
        match (rest.is_empty(), names.is_empty()) {
            (false, true) => format!("every {kind}"),
            (some, _) => {
                let count = if some { count } else { count - 1 };
                // The one that stands for all whose names aren't known comes last.
                let others = if some { "" } else { ", and others" };
                names.truncate(NAMED + 1);
                let plural = if count == 1 { "" } else { "s" };
                format!("{kind}{plural} {}{others}", listed(&names, count))
            }
        }
    }

    /// Paths: `/vms/100, /vms/101 and 3 more`.
    fn paths(&self, places: &[PlaceIx]) -> String {
        let places: Vec<_> = places.iter().filter_map(|at| self.place(*at)).collect();
        let paths = places.iter().flat_map(|place| &place.some).take(NAMED + 1).map(|path| printable(path));
        listed(&paths.collect::<Vec<_>>(), places.iter().map(|place| place.count).sum())
    }

    /// The path of a place.
    #[must_use]
    pub fn path(&self, at: PlaceIx) -> String {
        self.place(at).map(|place| printable(&place.path)).unwrap_or_default()
    }

    /// The first few names of `set`, and how many there are more.
    #[must_use]
    pub fn privileges(set: PrivSet) -> String {
        let names: Vec<_> = set.iter().map(|privilege| privilege.name().to_owned()).collect();
        listed(&names, names.len())
    }

    /// Who a goal is about: the user that somebody becomes, the group that a user gets into.
    #[must_use]
    pub fn name_of(&self, goal: &Goal) -> String {
        match goal.fact {
            Fact::Rights { of, .. } => self.name(of),
            Fact::Member { user, group } => format!("{} {}", self.name(user), self.name(group)),
            _ => String::new(),
        }
    }

    fn name(&self, subject: SubjectIx) -> String {
        printable(self.access.cfg().subject_id(subject))
    }

    fn disabled(&self, user: SubjectIx) -> &'static str {
        let user = self.access.cfg().user(self.access.cfg().subject_id(user));
        if user.is_some_and(|user| !user.enable.value) { " (once it is enabled)" } else { "" }
    }
}

/// The roles of the file's own that `subject` has anywhere.
fn own_roles(access: &Access<'_, '_>, subject: SubjectIx) -> Vec<String> {
    let cfg = access.cfg();
    let groups = access.groups_of(subject);
    let own = cfg.acl.iter().filter(|entry| entry.subject == subject || groups.contains(&entry.subject));
    let roles = own.filter_map(|entry| cfg.role_at(entry.role)).filter(|role| role.builtin.is_none());
    let mut names: Vec<_> = roles.map(|role| printable(role.name)).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// The entry by which a role of the file's own counts for `subject` on `path`.
fn own_role(access: &Access<'_, '_>, subject: SubjectIx, path: &[u8]) -> Option<AclEntry> {
    let id = access.cfg().subject_id(subject);
    let pools = access.pools_of(path).map(pool_path);
    let paths = std::iter::once(path.to_vec()).chain(pools);
    let custom = |entry: &AclEntry| access.cfg().role_at(entry.role).is_some_and(|role| role.builtin.is_none());
    paths.into_iter().find_map(|path| {
        let stops = access.stops(id, &path);
        let deciding = stops.iter().rev().find(|stop| !stop.applied.is_empty())?;
        deciding.applied.iter().map(|applied| *applied.entry).find(|entry| custom(entry))
    })
}
