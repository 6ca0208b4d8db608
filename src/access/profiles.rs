//! What integrations (Terraform providers, exporters, backup programs ...) and common roles need on a cluster.
//!
//! The data is one file per profile under `grammar/profiles/`, compiled in. Here are names and path templates only; which
//! privileges a role holds, and whether somebody has them, is the engine's work.

use crate::model::tables::place::{List, Listed, Text};
use crate::release::Release;

/// What one integration, or one role of ours, needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name: `terraform-bpg`.
    pub id: Text,
    /// What people call it.
    pub name: Text,
    /// The kind of program: `monitoring`, `backup` ...; `generic role` for the roles of ours.
    pub category: Text,
    /// Where its documentation and code were read: repository and files, or address.
    pub source: Text,
    /// The state of the source: a date, where one is known.
    pub date: Option<Text>,
    /// What the list was compared with.
    pub checked: Checked,
    /// What its documentation does about tokens and their privilege separation.
    pub token: Option<Text>,
    /// What changes for it when a cluster goes from 8 to 9.
    pub upgrade: Option<Text>,
    /// What no grant changes: calls of root@pam alone, and the like.
    pub limits: List<Text>,
    /// What its documentation asks for, letter by letter, names that don't exist included.
    pub documented: List<Documented>,
    /// What is wrong with that.
    pub errata: List<Erratum>,
    /// The least it runs with, where that is much less than what is documented; otherwise empty.
    pub minimal: List<Minimal>,
    /// What it needs, with names that exist; what must be there comes first.
    pub grants: List<Grant>,
    /// Roles of ours: what each feature lets do.
    pub operations: List<Operations>,
}

impl Profile {
    /// The grants of this release.
    pub fn grants_in(&self, release: Release) -> impl Iterator<Item = &'static Grant> + use<> {
        self.grants.iter().filter(move |grant| grant.releases.contains(&release))
    }

    /// What only some need in this release, by feature, in the order of the file.
    #[must_use]
    pub fn features_in(&self, release: Release) -> Vec<&'static str> {
        let mut features = Vec::new();
        for grant in self.grants_in(release).filter(|grant| grant.optional) {
            if !features.contains(&grant.feature.as_str()) {
                features.push(grant.feature.as_str());
            }
        }
        features
    }

    /// Whether only some need this feature.
    #[must_use]
    pub fn is_optional(&self, feature: &str) -> bool {
        self.grants.iter().any(|grant| grant.feature == feature && grant.optional)
    }

    /// What its documentation asks for in this release.
    pub fn documented_in(&self, release: Release) -> impl Iterator<Item = &'static Documented> + use<> {
        self.documented.iter().filter(move |entry| entry.releases.contains(&release))
    }

    /// What its documentation gets wrong about this release.
    pub fn errata_in(&self, release: Release) -> impl Iterator<Item = &'static Erratum> + use<> {
        self.errata.iter().filter(move |erratum| erratum.releases.contains(&release))
    }

    /// The least it runs with in this release; empty when that isn't known to be less than its grants.
    pub fn minimal_in(&self, release: Release) -> impl Iterator<Item = &'static Minimal> + use<> {
        self.minimal.iter().filter(move |entry| entry.releases.contains(&release))
    }
}

/// What a list of grants was compared with. Nothing was run; calls that a program puts together while it runs may be missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The calls in its source, with what PVE declares for them.
    Code,
    /// The same, for a part of its source.
    Partly,
    /// The documented features, with what PVE declares for them.
    Rules,
    /// Nothing: as documented.
    No,
}

/// An entry of a list of privileges, as documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Documented {
    /// The ACL path; names in braces stand for what the administrator chooses.
    pub path: Text,
    /// The privileges.
    pub privileges: List<Text>,
    /// The roles.
    pub roles: List<Text>,
    /// The part of the integration that it is for; `base` is what everybody needs.
    pub feature: Text,
    /// The releases it is meant for; all, when the documentation names none.
    pub releases: List<Release>,
    /// What is asked for when it is neither privilege nor role.
    pub text: Option<Text>,
}

/// A mistake in the documentation of an integration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Erratum {
    /// What is wrong.
    pub kind: ErratumKind,
    /// The privileges or roles that it is about, as they are written there.
    pub names: List<Text>,
    /// The releases in which it is wrong.
    pub releases: List<Release>,
    /// Why, or what it should be.
    pub text: Text,
}

/// The kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErratumKind {
    /// No such privilege or role.
    Unknown,
    /// Needed, and not documented.
    Missing,
    /// Documented, and not needed.
    Superfluous,
    /// On the wrong path.
    Path,
    /// Something else that misleads.
    Note,
}

/// A part of the least that an integration runs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Minimal {
    /// The ACL path.
    pub path: Text,
    /// The privileges.
    pub privileges: List<Text>,
    /// The releases it is for.
    pub releases: List<Release>,
}

/// Privileges that have to be effective on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The ACL path; names in braces stand for what the administrator chooses. A path such as `/vms` speaks of everything
    /// below it.
    pub path: Text,
    /// The privileges, all of which exist in each of the releases.
    pub privileges: List<Text>,
    /// Built-in roles whose privileges of the release are needed as well.
    pub roles: List<Text>,
    /// The releases it is for.
    pub releases: List<Release>,
    /// The part of the integration that needs it; `base` is what everybody needs.
    pub feature: Text,
    /// Only those who use the feature need it.
    pub optional: bool,
    /// The feature isn't a part of the integration but another way, mostly a wider one, to grant what it needs.
    pub variant: bool,
    /// Other features that need it as well.
    pub also: List<Text>,
    /// Where on the path and below it the privileges are needed.
    pub reach: Reach,
    /// Who says so.
    pub basis: Basis,
    /// Those of the privileges that nothing asks for although they are documented. May name privileges that the release
    /// doesn't have.
    pub unneeded: List<Text>,
    /// What has to be known about it.
    pub note: Option<Text>,
    /// Other ways to the same; one is enough.
    pub or: List<Other>,
}

impl Grant {
    /// Whether this feature needs it.
    #[must_use]
    pub fn serves(&self, feature: &str) -> bool {
        self.feature == feature || self.also.iter().any(|also| *also == feature)
    }
}

/// Where the privileges of a [`Grant`] are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Wherever PVE looks for them, on the path and below.
    Checked,
    /// On the path itself; it needn't propagate.
    Itself,
    /// Wherever PVE looks for them, and on the path itself, where the integration looks first.
    Throughout,
}

/// Who says that a grant is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The documentation of the integration.
    Documented,
    /// Its code, or what PVE checks for what it does.
    Code,
}

/// Privileges that do in the place of a [`Grant`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Other {
    /// The ACL path.
    pub path: Text,
    /// The privileges.
    pub privileges: List<Text>,
}

/// What a feature of a role of ours lets do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operations {
    /// The feature.
    pub feature: Text,
    /// Ids of the catalogue of operations.
    pub ids: List<Text>,
}

include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// All profiles, by id.
#[must_use]
pub fn profiles() -> &'static [Profile] {
    PROFILES
}

/// The profile of this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Profile> {
    let place = PROFILES.binary_search_by_key(&id, |profile| profile.id.as_str()).ok()?;
    PROFILES.get(place)
}
