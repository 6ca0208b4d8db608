//! What would make it fit: grants as narrow as the profile names them, with as few roles as are exact, each step worked out
//! on the file as the steps before leave it, and the whole tried out in memory.

use super::places::{Kind, Spot, looked_up};
use super::{Fit, Question, Verdict};
use crate::access::propose::{Role, Target};
use crate::access::{Access, Change, Who, apply};
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

/// A role that is to be made: its privileges, and where it is to be given to somebody who has something there already.
struct Custom {
    privileges: PrivSet,
    uses: Vec<(PrivSet, PrivSet, BString)>,
}

impl<'a> Access<'_, 'a> {
    /// How `subject` could get what it lacks, best first; empty when it lacks nothing, and when no ACL gives it.
    #[must_use]
    pub fn plans(&self, subject: &[u8], question: &Question<'_>) -> Vec<Plan> {
        let fit = self.fits(subject, question);
        if fit.fits() {
            return Vec::new();
        }
        let works = |changes: &[Change]| {
            let text = apply(self.cfg, changes);
            let cfg = UserCfg::parse(&text, self.cfg.release);
            let fit = Access::new(&cfg).fits(subject, question);
            fit.fits() && fit.pools.is_empty()
        };
        let mut plans = Vec::new();
        let roles = self.role_changes(subject, &fit);
        if !roles.is_empty() && works(&roles) {
            plans.push(Plan { way: PlanWay::Roles, changes: roles, chosen: Vec::new() });
        }
        if let Some((changes, chosen)) = self.grant_all(subject, question)
            && works(&changes)
        {
            plans.push(Plan { way: PlanWay::Grants, changes, chosen });
        }
        if let Who::Token(token) = self.who(subject) {
            let changes = vec![Change::FullToken(token.id.value.to_owned())];
            if works(&changes) {
                plans.push(Plan { way: PlanWay::FullToken, changes, chosen: Vec::new() });
            }
        }
        plans
    }

    /// What the roles that the subject and its owner have would hold, if PVE knew all names in them.
    fn role_changes(&self, subject: &[u8], fit: &Fit) -> Vec<Change> {
        let mut extended: Vec<(BString, PrivSet)> = Vec::new();
        for spot in failing(fit) {
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
    fn grant_all(&self, subject: &[u8], question: &Question<'_>) -> Option<(Vec<Change>, Vec<(&'static str, BString)>)> {
        let mut all = Vec::new();
        let mut chosen = Vec::new();
        let mut tried: Vec<(BString, bool)> = Vec::new();
        let mut text = self.cfg.text.to_vec();
        let mut roles: Option<Vec<Custom>> = None;
        for _ in 0..MAX_STEPS {
            let cfg = UserCfg::parse(&text, self.cfg.release);
            let access = Access::new(&cfg);
            let fit = access.fits(subject, question);
            if fit.fits() && fit.pools.is_empty() {
                return Some((all, chosen));
            }
            let gaps = gaps(&fit, &tried, &mut chosen);
            let roles = roles.get_or_insert_with(|| access.customs(subject, &gaps));
            let gap = gaps.first()?;
            let targets = access.lacking(subject, gap);
            if targets.is_empty() {
                return None;
            }
            let path = gap.spots.first().map(|spot| spot.path.clone()).filter(|_| gap.propagate);
            let path = path.unwrap_or_else(|| gap.place.clone());
            let (mut made, mut grants) = (Vec::new(), Vec::new());
            for target in &targets {
                let role = access.role_for(target, &gap.place, &path, 0)?;
                let role = access.shared(role, gap.place.as_bstr(), roles, question.profile.id, &made);
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
            let path = gap.spots.first().map_or(BStr::new(&gap.place), |spot| spot.path.as_bstr());
            for target in self.lacking(subject, gap) {
                let Some(Role { new: Some(privileges), .. }) = self.role_for(&target, &gap.place, path, 0) else {
                    continue;
                };
                let has = self.effective(&target.id, path).privs;
                let this = (privileges, has, gap.place.clone());
                let exact = |all: PrivSet, (own, has, place): &(PrivSet, PrivSet, BString)| {
                    let looked_up = looked_up(&place.to_str_lossy(), self.cfg.release) | checked_anywhere();
                    ((all - *own - *has) & looked_up).is_empty()
                };
                let fits = |custom: &&mut Custom| {
                    let all = custom.privileges | privileges;
                    exact(all, &this) && custom.uses.iter().all(|one| exact(all, one))
                };
                match customs.iter_mut().find(|custom| fits(&custom)) {
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

/// The places where something is missing that is needed on all.
fn failing(fit: &Fit) -> impl Iterator<Item = &Spot> {
    let needs = fit.needs.iter().filter(|need| need.verdict() != Verdict::Yes);
    needs.filter_map(|need| need.ways.first()).flat_map(|way| {
        let missing = way.spots.iter().filter(|spot| !spot.lacking.is_empty());
        let one = way.one.then(|| missing.clone().min_by_key(|spot| (spot.kind == Kind::Rest, spot.lacking.len())));
        let all = (!way.one).then_some(missing);
        one.flatten().into_iter().chain(all.into_iter().flatten())
    })
}

/// What has to be granted where, from the root down; not again where it was tried.
fn gaps<'f>(fit: &'f Fit, tried: &[(BString, bool)], chosen: &mut Vec<(&'static str, BString)>) -> Vec<Gap<'f>> {
    for need in fit.needs.iter().filter(|need| need.verdict() != Verdict::Yes) {
        let Some(way) = need.ways.first().filter(|way| way.one && way.spots.len() > 1) else { continue };
        let spots = way.spots.iter().filter(|spot| spot.kind == Kind::Object);
        if let Some(spot) = spots.min_by_key(|spot| spot.lacking.len())
            && !chosen.iter().any(|(path, _)| *path == way.path)
        {
            chosen.push((way.path, spot.path.clone()));
        }
    }
    let mut gaps: Vec<Gap<'f>> = Vec::new();
    for spot in failing(fit) {
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
