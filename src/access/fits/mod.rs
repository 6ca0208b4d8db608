//! Whether somebody has what an integration needs, part by part: a [`Profile`] held against one user.cfg and what there is
//! on the cluster.
//!
//! Which paths a grant speaks of is in `places`, what would make it fit in `plan`, what is granted for nothing in `beyond`,
//! which mistakes of a documentation show in the file in `errata`. How it is said is the business of whoever prints it.

mod beyond;
mod errata;
mod places;
mod plan;

pub use beyond::Surplus;
pub use errata::Evidence;
pub use places::{Kind, Objects, Spot, Storage};
pub use plan::{Plan, PlanWay};

use super::Access;
use super::profiles::{Grant, Minimal, Profile, Reach};
use crate::model::tables::access::{Priv, PrivSet};
use crate::model::tables::place::{List, Text};
use crate::model::user::Pool;
use bstr::BString;
use places::Places;
use std::collections::BTreeMap;

/// Pools that are looked at one by one, when what is needed isn't there for all guests.
const MAX_POOLS: usize = 100;

/// What is asked: a profile, and which part of the cluster it is about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'q> {
    /// The profile.
    pub profile: &'static Profile,
    /// Its optional features that are used.
    pub features: &'q [&'static str],
    /// What names in braces stand for. `vmid`, `pool`, `storage`, `node`, `zone` and `bridge` also narrow a path that
    /// speaks of everything below it.
    pub bound: &'q BTreeMap<String, String>,
    /// What there is on the cluster.
    pub objects: &'q Objects,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// What everybody needs, and behind it what the features need that are used.
    pub needs: Vec<Need>,
    /// The other features, each as a question of its own.
    pub others: Vec<Feature>,
    /// The least that it is known to run with; empty when that isn't less than what everybody needs.
    pub least: Vec<Need>,
    /// The features that are used, those included that nobody named because without them there is nothing to need.
    pub used: Vec<&'static str>,
    /// Everything is there for the guests of each of these pools, and not for all guests. The answer is about the first.
    pub pools: Vec<BString>,
    /// When it doesn't fit: a pool for whose guests less is missing, and how many privileges that is.
    pub nearer: Option<(BString, u32)>,
}

/// A feature that isn't used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Its name.
    pub name: &'static str,
    /// It is another way to grant the whole.
    pub variant: bool,
    /// What it needs.
    pub needs: Vec<Need>,
}

/// Privileges that have to be there, and whether they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The part of the integration that needs it; `base` is what everybody needs.
    pub feature: &'static str,
    /// The path with names in braces.
    pub path: &'static str,
    /// The privileges.
    pub wanted: PrivSet,
    /// What is documented beside them and nothing asks for.
    pub unneeded: PrivSet,
    /// What has to be known about it.
    pub notes: Vec<&'static str>,
    /// The ways to have it, one of which is enough; the first is the profile's own.
    pub ways: Vec<Attempt>,
}

/// One way to have what is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    /// The path with names in braces.
    pub path: &'static str,
    /// The privileges.
    pub wanted: PrivSet,
    /// They are needed on one of the spots, not on all.
    pub one: bool,
    /// Where.
    pub spots: Vec<Spot>,
}

/// How much of it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nowhere all of it.
    No,
    /// In some places all of it, and it is needed in others too.
    Part,
    /// All of it.
    Yes,
}

impl Attempt {
    /// How much of it is there.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let full = self.spots.iter().filter(|spot| spot.lacking.is_empty()).count();
        let enough = if self.one { 1.min(self.spots.len()) } else { self.spots.len() };
        if full >= enough {
            return Verdict::Yes;
        }
        // A privilege that is nowhere isn't there in part.
        let there = self.spots.iter().fold(PrivSet::EMPTY, |all, spot| all | (spot.wanted - spot.lacking));
        if full > 0 && there.contains_all(self.lacking()) { Verdict::Part } else { Verdict::No }
    }

    /// What is missing: on any spot, or where one is enough on the one that lacks least.
    #[must_use]
    pub fn lacking(&self) -> PrivSet {
        if self.one {
            let least = self.spots.iter().map(|spot| spot.lacking).min_by_key(|lacking| lacking.len());
            return least.unwrap_or_default();
        }
        self.spots.iter().fold(PrivSet::EMPTY, |all, spot| all | spot.lacking)
    }
}

impl Need {
    /// How much of it is there, in the best way.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.ways.iter().map(Attempt::verdict).max().unwrap_or(Verdict::Yes)
    }

    /// What is missing, in the profile's own way.
    #[must_use]
    pub fn lacking(&self) -> PrivSet {
        if self.verdict() == Verdict::Yes {
            return PrivSet::EMPTY;
        }
        self.ways.first().map(Attempt::lacking).unwrap_or_default()
    }
}

impl Feature {
    /// How much of what it needs is there.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        of_all(&self.needs)
    }
}

fn of_all<'n>(needs: impl IntoIterator<Item = &'n Need>) -> Verdict {
    needs.into_iter().map(Need::verdict).min().unwrap_or(Verdict::Yes)
}

impl Fit {
    /// Whether everything is there that is needed, or what it runs with all the same.
    #[must_use]
    pub fn fits(&self) -> bool {
        let used = self.needs.iter().filter(|need| self.used.contains(&need.feature));
        of_all(used) == Verdict::Yes && (self.base() == Verdict::Yes || self.by_the_least())
    }

    /// Whether of what everybody needs only the least is there that it is known to run with.
    #[must_use]
    pub fn by_the_least(&self) -> bool {
        self.base() != Verdict::Yes && !self.least.is_empty() && of_all(&self.least) == Verdict::Yes
    }

    fn base(&self) -> Verdict {
        of_all(self.needs.iter().filter(|need| !self.used.contains(&need.feature)))
    }

    /// How many privileges are missing, and of how many; one on two paths counts twice.
    #[must_use]
    pub fn count(&self) -> (u32, u32) {
        let needs = self.needs.iter();
        needs.fold((0, 0), |(missing, all), need| (missing + need.lacking().len(), all + need.wanted.len()))
    }
}

impl Access<'_, '_> {
    /// Whether `subject` has what the profile needs in the release of the file.
    #[must_use]
    pub fn fits(&self, subject: &[u8], question: &Question<'_>) -> Fit {
        let places = Places::new(self, subject, question);
        let mut fit = judge(&places, question);
        let narrowed = ["vmid", "pool", "poolid"].iter().any(|name| question.bound.contains_key(*name));
        if fit.fits() || narrowed {
            return fit;
        }
        // Rights that come through a pool are for its members only; and maybe that is all that is wanted.
        let mut within: Option<Fit> = None;
        let has_rights = |pool: &&Pool<'_>| !self.effective(subject, &super::pool_path(pool)).privs.is_empty();
        for pool in self.cfg.pools.iter().filter(has_rights).take(MAX_POOLS) {
            let here = judge(&places.within(pool), question);
            let name = pool.name.value.to_owned();
            if here.fits() {
                within.get_or_insert(here).pools.push(name);
            } else {
                let (missing, _) = here.count();
                if missing < fit.nearer.as_ref().map_or(fit.count().0, |(_, least)| *least) {
                    fit.nearer = Some((name, missing));
                }
            }
        }
        within.unwrap_or(fit)
    }

    /// The same without a look at single pools, unless one is named.
    fn judged(&self, subject: &[u8], question: &Question<'_>) -> Fit {
        judge(&Places::new(self, subject, question), question)
    }
}

/// Holds everything that the profile says against the places.
fn judge(places: &Places<'_, '_, '_>, question: &Question<'_>) -> Fit {
    let (profile, release) = (question.profile, places.release());
    let mut used = question.features.to_vec();
    // Some need nothing but one of several ways to grant it all.
    if used.is_empty() && profile.grants_in(release).all(|grant| grant.optional) {
        used.extend(profile.features_in(release).first());
    }
    let needed = |grant: &&Grant| !grant.optional || used.iter().any(|feature| grant.serves(feature));
    let needs = needs(places, profile.grants_in(release).filter(|grant| needed(grant)));
    let others = profile.features_in(release).into_iter().filter(|name| !used.contains(name)).map(|name| {
        let grants = || profile.grants_in(release).filter(|grant| grant.optional && grant.serves(name));
        let variant = grants().any(|grant| grant.variant);
        Feature { name, variant, needs: self::needs(places, grants()) }
    });
    let others = others.collect();
    let least = profile.minimal_in(release).map(|minimal| least(places, minimal)).collect();
    // A feature brings those along that serve it.
    for need in &needs {
        if profile.is_optional(need.feature) && !used.contains(&need.feature) {
            used.push(need.feature);
        }
    }
    Fit { others, least, used, needs, pools: Vec::new(), nearer: None }
}

/// What grants of one feature on one path ask for together.
fn needs(places: &Places<'_, '_, '_>, grants: impl Iterator<Item = &'static Grant>) -> Vec<Need> {
    let mut merged: Vec<(Need, Vec<&'static Grant>)> = Vec::new();
    for grant in grants {
        let unneeded: PrivSet = named(grant.unneeded).collect();
        let roles = places.of_roles(&grant.path, grant.roles);
        let all = named(grant.privileges).collect::<PrivSet>() | roles;
        let same = |(need, grants): &(Need, Vec<&Grant>)| {
            let alike = |other: &&Grant| other.reach == grant.reach && other.or.is_empty() && grant.or.is_empty();
            grant.feature == need.feature && grant.path == need.path && grants.iter().all(alike)
        };
        let new = Need {
            feature: grant.feature.as_str(),
            path: grant.path.as_str(),
            wanted: PrivSet::EMPTY,
            unneeded: PrivSet::EMPTY,
            notes: Vec::new(),
            ways: Vec::new(),
        };
        let at = match merged.iter().position(same) {
            Some(at) => at,
            None => {
                merged.push((new, Vec::new()));
                merged.len() - 1
            }
        };
        let Some((need, grants)) = merged.get_mut(at) else { continue };
        need.wanted |= all - unneeded;
        need.unneeded |= all & unneeded;
        need.notes.extend(grant.note.map(Text::as_str).filter(|note| !need.notes.contains(note)));
        grants.push(grant);
    }
    let with_ways = |(mut need, grants): (Need, Vec<&'static Grant>)| {
        let reach = grants.first().map_or(Reach::Checked, |grant| grant.reach);
        need.ways.push(places.attempt(need.path, need.wanted, reach));
        let others = grants.iter().flat_map(|grant| grant.or);
        let others =
            others.map(|other| places.attempt(other.path.as_str(), named(other.privileges).collect(), Reach::Itself));
        need.ways.extend(others);
        need
    };
    merged.into_iter().map(with_ways).collect()
}

fn least(places: &Places<'_, '_, '_>, minimal: &Minimal) -> Need {
    let wanted = named(minimal.privileges).collect();
    // On `/` it means the path itself here: what is needed below has an entry of its own.
    let reach = if minimal.path == "/" { Reach::Itself } else { Reach::Checked };
    Need {
        feature: "base",
        path: minimal.path.as_str(),
        wanted,
        unneeded: PrivSet::EMPTY,
        notes: Vec::new(),
        ways: vec![places.attempt(minimal.path.as_str(), wanted, reach)],
    }
}

fn named(names: List<Text>) -> impl Iterator<Item = Priv> {
    names.iter().filter_map(|name| Priv::from_name(name.as_bytes()))
}
