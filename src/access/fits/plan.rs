//! What would make it fit: grants as narrow as the profile names them, with as few roles as are exact, each step worked out
//! on the file as the steps before leave it, and the whole tried out in memory.

use super::places::{Kind, Spot, looked_up};
use super::{Attempt, Fit, Question, Verdict};
use crate::access::propose::{Role, Target};
use crate::access::{Access, Change, Way, Who, apply};
use crate::model::tables::access::{PrivSet, checked_anywhere};
use crate::model::user::UserCfg;
use bstr::{BStr, BString, ByteSlice};

/// Steps before it is given up: one for each path of the profile, and one for each deeper ACL that is in the way.
const MAX_STEPS: usize = 48;

/// Changes after which it fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// How.
    pub way: PlanWay,
    /// What has to be done, in this order.
    pub changes: Vec<Change>,
    /// Things of which one is enough, and which the plan had to choose: `/storage/{storage}` and the path taken.
    pub chosen: Vec<(&'static str, BString)>,
}

/// How it is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanWay {
    /// Roles that the subject has get back what PVE ignores in them, being misspelt or of another release.
    Roles,
    /// Grants on the paths of the profile.
    Grants,
    /// The token gets all rights of its owner.
    FullToken,
}

/// What one grant has to give.
struct Gap<'f> {
    place: BString,
    propagate: bool,
    spots: Vec<&'f Spot>,
}

impl Gap<'_> {
    /// The path that speaks for all: where most is missing.
    fn path(&self) -> BString {
        let spot = self.spots.iter().max_by_key(|spot| (spot.lacking.len(), spot.kind == Kind::Rest));
        spot.filter(|_| self.propagate).map_or_else(|| self.place.clone(), |spot| spot.path.clone())
    }
}

/// A role that is to be made: its privileges, and where it is to be given to somebody who has something there already.
struct Custom {
    privileges: PrivSet,
    uses: Vec<(PrivSet, PrivSet, BString)>,
}

impl<'a> Access<'_, 'a> {
    /// How `subject` could get what it lacks, best first; empty when it lacks nothing, and when no ACL gives it.
    #[must_use]
    pub fn plans(&self, subject: &[u8], question: &Question<'_>) -> Vec<Plan> {
        if self.fits(subject, question).fits() {
            return Vec::new();
        }
        // For all guests, not for those of some pool that nobody named.
        let fit = self.judged(subject, question);
        let works = |changes: &[Change]| {
            let text = apply(self.cfg, changes);
            let cfg = UserCfg::parse(&text, self.cfg.release);
            Access::new(&cfg).judged(subject, question).fits()
        };
        let mut plans = Vec::new();
        let roles = self.role_changes(subject, &failing(&fit, question));
        if !roles.is_empty() && works(&roles) {
            plans.push(Plan { way: PlanWay::Roles, changes: roles, chosen: Vec::new() });
        }
        plans.extend(self.grant_all(subject, question).filter(|plan| works(&plan.changes)));
        if let Who::Token(token) = self.who(subject) {
            let changes = vec![Change::FullToken(token.id.value.to_owned())];
            if works(&changes) {
                plans.push(Plan { way: PlanWay::FullToken, changes, chosen: Vec::new() });
            }
        }
        plans
    }

    /// What the roles that the subject and its owner have would hold, if PVE knew all names in them.
    fn role_changes(&self, subject: &[u8], failing: &[&Spot]) -> Vec<Change> {
        let mut extended: Vec<(BString, PrivSet)> = Vec::new();
        for spot in failing {
            for one in spot.lacking.iter() {
                let targets = self.targets(subject, PrivSet::of(one), &spot.path);
                for (_, change) in self.restored(&targets, &spot.path).into_iter().take(1) {
                    let Change::ExtendRole { name, privileges } = change else { continue };
                    match extended.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, all)) => *all |= privileges,
                        None => extended.push((name, privileges)),
                    }
                }
            }
        }
        extended.into_iter().map(|(name, privileges)| Change::ExtendRole { name, privileges }).collect()
    }

    /// Grants, path by path from the root down.
    fn grant_all(&self, subject: &[u8], question: &Question<'_>) -> Option<Plan> {
        let mut all = Vec::new();
        let mut chosen = Vec::new();
        let mut tried: Vec<(BString, bool)> = Vec::new();
        let mut text = self.cfg.text.to_vec();
        let mut roles: Option<Vec<Custom>> = None;
        for _ in 0..MAX_STEPS {
            let cfg = UserCfg::parse(&text, self.cfg.release);
            let access = Access::new(&cfg);
            let fit = access.judged(subject, question);
            if fit.fits() {
                chosen.sort();
                chosen.dedup();
                return Some(Plan { way: PlanWay::Grants, changes: all, chosen });
            }
            for way in fit.needs.iter().filter_map(|need| need.ways.first().filter(|_| need.verdict() != Verdict::Yes))
            {
                let several = way.one && way.spots.iter().filter(|spot| spot.kind == Kind::Object).count() > 1;
                let spot = choice(way, question).filter(|_| several);
                chosen.extend(spot.map(|spot| (way.path, spot.path.clone())));
            }
            let gaps = gaps(&fit, question, &tried);
            let roles = roles.get_or_insert_with(|| access.customs(subject, &gaps));
            let Some(gap) = gaps.first() else {
                // An ACL that no grant gets past, such as NoAccess on the pool of a guest.
                let spot = failing(&fit, question).into_iter().next()?;
                let proposals = access.propose(subject, spot.wanted, &spot.path);
                let freed = proposals.into_iter().find(|proposal| proposal.way != Way::FullToken)?.changes;
                text = apply(&cfg, &freed);
                all.extend(freed);
                continue;
            };
            let targets = access.lacking(subject, gap);
            if targets.is_empty() {
                return None;
            }
            let path = gap.path();
            let (mut made, mut grants) = (Vec::new(), Vec::new());
            for target in &targets {
                let role = access.role_for(target, &gap.place, &path, 0)?;
                let role = access.shared(role, gap.place.as_bstr(), roles, &question.profile.id, &made);
                access.grant(target, &gap.place, &path, role, &mut made, &mut grants);
            }
            made.extend(grants);
            text = apply(&cfg, &made);
            all.extend(made);
            tried.push((gap.place.clone(), gap.propagate));
        }
        None
    }

    /// Who lacks what of a gap: the subject, or a token and its owner.
    fn lacking(&self, subject: &[u8], gap: &Gap<'_>) -> Vec<Target> {
        let mut all: Vec<Target> = Vec::new();
        for spot in &gap.spots {
            for target in self.targets(subject, spot.wanted, &spot.path) {
                match all.iter_mut().find(|known| known.kind == target.kind && known.id == target.id) {
                    Some(known) => known.missing |= target.missing,
                    None => all.push(target),
                }
            }
        }
        all
    }

    /// The roles that have to be made for all of it. One serves several paths when it gives nothing more on any of them,
    /// because PVE never looks there for what it holds for the others.
    fn customs(&self, subject: &[u8], gaps: &[Gap<'_>]) -> Vec<Custom> {
        let mut customs: Vec<Custom> = Vec::new();
        for gap in gaps {
            let path = gap.path();
            for target in self.lacking(subject, gap) {
                let Some(Role { new: Some(privileges), .. }) = self.role_for(&target, &gap.place, &path, 0) else {
                    continue;
                };
                let has = self.effective(&target.id, &path).privs;
                let this = (privileges, has, gap.place.clone());
                let exact = |all: PrivSet, (own, has, place): &(PrivSet, PrivSet, BString)| {
                    let looked_up = looked_up(&place.to_str_lossy(), self.cfg.release) | checked_anywhere();
                    ((all - *own - *has) & looked_up).is_empty()
                };
                let fits = |custom: &&mut Custom| {
                    let all = custom.privileges | privileges;
                    exact(all, &this) && custom.uses.iter().all(|one| exact(all, one))
                };
                match customs.iter_mut().find(|custom| fits(custom)) {
                    Some(custom) => {
                        custom.privileges |= privileges;
                        custom.uses.push(this);
                    }
                    None => customs.push(Custom { privileges, uses: vec![this] }),
                }
            }
        }
        customs
    }

    /// A role that has to be made, as all paths need it, called like the profile.
    fn shared(&self, role: Role, place: &BStr, customs: &[Custom], profile: &str, made: &[Change]) -> Role {
        let Some(own) = role.new else { return role };
        let planned = customs
            .iter()
            .find(|custom| custom.uses.iter().any(|(privileges, _, at)| *privileges == own && at.as_bstr() == place));
        let privileges = planned.map_or(own, |custom| custom.privileges);
        let earlier = made.iter().find_map(|change| match change {
            Change::AddRole { name, privileges: known } if *known == privileges => Some(name.clone()),
            _ => None,
        });
        let name = earlier.unwrap_or_else(|| self.role_name(profile, place, made));
        Role { name, new: Some(privileges) }
    }

    /// A free name for a role: `packer-proxmox`, `packer-proxmox-storage`. Names that begin with `PVE` are reserved.
    fn role_name(&self, profile: &str, place: &BStr, made: &[Change]) -> BString {
        let base = profile.strip_prefix("pve-").unwrap_or(profile);
        let area = place.split_str("/").find(|part| !part.is_empty()).unwrap_or(b"root");
        let first = [base.to_owned(), format!("{base}-{}", area.to_str_lossy())];
        let names = first.into_iter().chain((2..).map(|nth| format!("{base}-{nth}")));
        let taken = |name: &str| {
            let new = |change: &Change| matches!(change, Change::AddRole { name: known, .. } if known == name);
            self.cfg.role(name.as_bytes()).is_some() || made.iter().any(new)
        };
        let mut free = names.filter(|name| !taken(name));
        free.next().unwrap_or_default().into()
    }
}

/// The places where something is missing; of those of which one is enough, the one to take.
fn failing<'f>(fit: &'f Fit, question: &Question<'_>) -> Vec<&'f Spot> {
    let needs = fit.needs.iter().filter(|need| need.verdict() != Verdict::Yes);
    let mut spots = Vec::new();
    for way in needs.filter_map(|need| need.ways.first()) {
        if way.one {
            spots.extend(choice(way, question));
        } else {
            spots.extend(way.spots.iter().filter(|spot| !spot.lacking.is_empty()));
        }
    }
    spots
}

/// The one on which least is missing; of several the one that is made for it.
fn choice<'f>(way: &'f Attempt, question: &Question<'_>) -> Option<&'f Spot> {
    let unfit = |spot: &Spot| {
        let storage = question.objects.storages.iter().find(|storage| spot.name() == storage.id.as_bytes());
        let backup = question.profile.category == "backup" || question.profile.id.contains("backup");
        storage.is_some_and(|storage| match () {
            () if way.path.contains("iso") => !storage.isos,
            () if backup => !storage.backups,
            () => !storage.disks,
        })
    };
    way.spots.iter().min_by_key(|spot| (spot.kind == Kind::Rest, spot.lacking.len(), unfit(spot)))
}

/// What has to be granted where, from the root down; not again where it was tried.
fn gaps<'f>(fit: &'f Fit, question: &Question<'_>, tried: &[(BString, bool)]) -> Vec<Gap<'f>> {
    let mut gaps: Vec<Gap<'f>> = Vec::new();
    for spot in failing(fit, question) {
        let parent = spot.path.rfind_byte(b'/').filter(|at| *at > 0).and_then(|at| spot.path.get(..at));
        let parent = parent.filter(|_| spot.kind != Kind::Itself).map(BString::from);
        let places = [Some(spot.top.clone()), parent, Some(spot.path.clone())];
        let places = places.into_iter().flatten().map(|place| {
            let propagate = place != spot.path;
            (place, propagate)
        });
        let mut open = places.filter(|place| !tried.contains(place) && !place.0.ends_with(b"/-"));
        let Some((place, propagate)) = open.next() else { continue };
        match gaps.iter_mut().find(|gap| gap.place == place && gap.propagate == propagate) {
            Some(gap) => gap.spots.push(spot),
            None => gaps.push(Gap { place, propagate, spots: vec![spot] }),
        }
    }
    gaps.sort_by(|a, b| (a.place.len(), &a.place, !a.propagate).cmp(&(b.place.len(), &b.place, !b.propagate)));
    gaps
}
