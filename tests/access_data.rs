//! The catalogue of operations and the profiles: complete, consistent, and equal to the recorded facts where those are at hand.

use super::support::reference;
use pvelint::access::operations::{self, Check, Mode, Operation};
use pvelint::access::profiles::{self, Basis, ErratumKind, Grant, Profile};
use pvelint::model::tables::place::{List, Text};
use pvelint::release::Release;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The privileges of each release, written down apart from the tables under `grammar/`.
const PRIVILEGES: &[(&str, &[u8])] = &[
    ("Datastore.Allocate", &[7, 8, 9]),
    ("Datastore.AllocateSpace", &[7, 8, 9]),
    ("Datastore.AllocateTemplate", &[7, 8, 9]),
    ("Datastore.Audit", &[7, 8, 9]),
    ("Group.Allocate", &[7, 8, 9]),
    ("Mapping.Audit", &[8, 9]),
    ("Mapping.Modify", &[8, 9]),
    ("Mapping.Use", &[8, 9]),
    ("Permissions.Modify", &[7, 8, 9]),
    ("Pool.Allocate", &[7, 8, 9]),
    ("Pool.Audit", &[7, 8, 9]),
    ("Realm.Allocate", &[7, 8, 9]),
    ("Realm.AllocateUser", &[7, 8, 9]),
    ("SDN.Allocate", &[7, 8, 9]),
    ("SDN.Audit", &[7, 8, 9]),
    ("SDN.Use", &[7, 8, 9]),
    ("Sys.AccessNetwork", &[8, 9]),
    ("Sys.Audit", &[7, 8, 9]),
    ("Sys.Console", &[7, 8, 9]),
    ("Sys.Incoming", &[7, 8, 9]),
    ("Sys.Modify", &[7, 8, 9]),
    ("Sys.PowerMgmt", &[7, 8, 9]),
    ("Sys.Syslog", &[7, 8, 9]),
    ("User.Modify", &[7, 8, 9]),
    ("VM.Allocate", &[7, 8, 9]),
    ("VM.Audit", &[7, 8, 9]),
    ("VM.Backup", &[7, 8, 9]),
    ("VM.Clone", &[7, 8, 9]),
    ("VM.Config.CDROM", &[7, 8, 9]),
    ("VM.Config.CPU", &[7, 8, 9]),
    ("VM.Config.Cloudinit", &[7, 8, 9]),
    ("VM.Config.Disk", &[7, 8, 9]),
    ("VM.Config.HWType", &[7, 8, 9]),
    ("VM.Config.Memory", &[7, 8, 9]),
    ("VM.Config.Network", &[7, 8, 9]),
    ("VM.Config.Options", &[7, 8, 9]),
    ("VM.Console", &[7, 8, 9]),
    ("VM.GuestAgent.Audit", &[9]),
    ("VM.GuestAgent.FileRead", &[9]),
    ("VM.GuestAgent.FileSystemMgmt", &[9]),
    ("VM.GuestAgent.FileWrite", &[9]),
    ("VM.GuestAgent.Unrestricted", &[9]),
    ("VM.Migrate", &[7, 8, 9]),
    ("VM.Monitor", &[7, 8]),
    ("VM.PowerMgmt", &[7, 8, 9]),
    ("VM.Replicate", &[9]),
    ("VM.Snapshot", &[7, 8, 9]),
    ("VM.Snapshot.Rollback", &[7, 8, 9]),
];

/// The built-in roles; the two with mappings came with 8.
const ROLES: &[&str] = &[
    "Administrator",
    "NoAccess",
    "PVEAdmin",
    "PVEAuditor",
    "PVEDatastoreAdmin",
    "PVEDatastoreUser",
    "PVEPoolAdmin",
    "PVEPoolUser",
    "PVESDNAdmin",
    "PVESDNUser",
    "PVESysAdmin",
    "PVETemplateUser",
    "PVEUserAdmin",
    "PVEVMAdmin",
    "PVEVMUser",
];

fn is_privilege(name: &str, release: Release) -> bool {
    PRIVILEGES.iter().any(|(known, releases)| *known == name && releases.contains(&release.major()))
}

fn is_known(name: &str, release: Release) -> bool {
    is_privilege(name, release) || ROLES.contains(&name)
}

fn texts(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(|item| item.as_str().unwrap().to_owned()).collect()
}

fn names(names: List<Text>) -> BTreeSet<String> {
    names.iter().map(ToString::to_string).collect()
}

#[test]
fn every_name_finds_its_operation() {
    let mut seen = BTreeSet::new();
    for operation in operations::operations() {
        for name in operation.aliases.iter().chain([&operation.id]) {
            assert!(seen.insert(name.as_str()), "two operations are called {name}");
            assert_eq!(operations::find(name).map(|found| found.id), Some(operation.id));
        }
    }
    assert_eq!(operations::names().collect::<Vec<_>>(), seen.into_iter().collect::<Vec<_>>());
    assert!(operations::operations().is_sorted_by_key(|operation| operation.id.as_str()));
    for name in ["", "vm", "vm-Start", "vm-start ", "zz"] {
        assert_eq!(operations::find(name), None);
    }
}

#[test]
fn operations_hold_together() {
    for operation in operations::operations() {
        let id = operation.id;
        let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(id.len() <= 40 && id.chars().all(kebab), "{id} isn't easy to type");
        assert!(!operation.title.is_empty() && operation.title.len() <= 90, "{id}: {}", operation.title);
        assert!(operation.api.starts_with('/') && !operation.source.is_empty(), "{id}");
        assert!(!operation.releases.is_empty() && operation.releases.is_sorted(), "{id}");
        assert!(operation.root_only.iter().all(|release| operation.exists_in(*release)), "{id}");
        for release in Release::ALL {
            if !operation.exists_in(release) {
                assert_eq!(operation.checks_in(release).count(), 0, "{id} doesn't exist in {release}");
                continue;
            }
            // Nothing is asked at all of: one's own password and tokens, reading the roles.
            let free = matches!(&*id, "password-self" | "token-create-self" | "role-read" | "node-network-list");
            let checked = operation.checks_in(release).count() > 0 || operation.is_root_only_in(release);
            assert!(checked || free, "{id}: anybody may do it in {release}");
            for check in operation.checks_in(release) {
                assert!(check.path.starts_with('/') || check.path == "{path}", "{id}: {}", check.path);
                let others = check.or.iter().flat_map(|other| other.privileges);
                for privilege in check.privileges.iter().chain(others) {
                    assert!(is_privilege(privilege, release), "{id}: {release} has no {privilege}");
                }
            }
        }
    }
}

#[test]
fn parameters_are_those_of_the_checks() {
    for operation in operations::operations() {
        let mut expected: BTreeMap<&str, bool> = BTreeMap::new();
        for check in operation.checks {
            for name in placeholders(check.path.as_str()) {
                *expected.entry(name).or_default() |= check.when.is_none();
            }
            for name in check.or.iter().flat_map(|other| placeholders(other.path.as_str())) {
                expected.entry(name).or_default();
            }
            if check.or_pool {
                expected.entry("pool").or_default();
            }
        }
        let found: BTreeMap<&str, bool> = operation.parameters.iter().map(|p| (p.name.as_str(), p.required)).collect();
        assert_eq!(found, expected, "{}", operation.id);
        assert_eq!(found.len(), operation.parameters.len(), "{}", operation.id);
        assert!(operation.parameters.iter().all(|parameter| !parameter.about.is_empty()), "{}", operation.id);
    }
    let attach = operations::find("disk-attach").unwrap();
    let given: Vec<(&str, bool)> = attach.parameters.iter().map(|p| (p.name.as_str(), p.required)).collect();
    assert_eq!(given, [("vmid", true), ("storage", false), ("ownervmid", false)]);
    let nic = operations::find("vm-config-net").unwrap();
    let zone = nic.parameters.iter().find(|parameter| parameter.name == "zone").unwrap();
    assert_eq!(zone.default.as_deref(), Some("localnetwork"));
    assert_eq!(operations::find("sdn-zone-modify").unwrap().parameters[0].default, None);
}

fn placeholders(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('{').skip(1).map(|part| part.split('}').next().unwrap())
}

#[test]
fn the_agent_asks_for_other_privileges_since_9() {
    let exec = operations::find("vm.agent.exec").unwrap();
    let asked = |release| exec.checks_in(release).flat_map(|check| check.privileges).copied().collect::<Vec<_>>();
    assert_eq!(asked(Release::Pve7), ["VM.Monitor"]);
    assert_eq!(asked(Release::Pve8), ["VM.Monitor"]);
    assert_eq!(asked(Release::Pve9), ["VM.GuestAgent.Unrestricted"]);
    let rng = operations::find("rng-attach").unwrap();
    assert!(rng.is_root_only_in(Release::Pve7) && !rng.is_root_only_in(Release::Pve8));
    assert!(!operations::find("password-reset").unwrap().tokens_allowed);
}

/// What makes two checks the same.
#[derive(Debug, PartialEq, Eq)]
struct Fact {
    path: String,
    privileges: BTreeSet<String>,
    any: bool,
    pool: bool,
    body: bool,
    others: BTreeSet<(String, BTreeSet<String>, bool)>,
    conditional: bool,
}

fn fact(check: &Check) -> Fact {
    let others = check.or.iter().map(|o| (o.path.to_string(), names(o.privileges), o.mode == Mode::Any));
    Fact {
        path: check.path.to_string(),
        privileges: names(check.privileges),
        any: check.mode == Mode::Any,
        pool: check.or_pool,
        body: check.in_body,
        others: others.collect(),
        conditional: check.when.is_some(),
    }
}

fn recorded_fact(requirement: &Value) -> Fact {
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let pool = requirement["or_pool"].as_bool().unwrap();
    let others = requirement["alt"].as_array().into_iter().flatten();
    let mut others: BTreeSet<_> =
        others.map(|alt| (text(alt, "path"), texts(&alt["privs"]), alt["mode"] == "any")).collect();
    if pool {
        others.retain(|(path, ..)| path != "/pool/{pool}");
    }
    Fact {
        path: text(requirement, "path"),
        privileges: texts(&requirement["privs"]),
        any: requirement["mode"] == "any",
        pool,
        body: requirement["layer"] == "body",
        others,
        conditional: requirement.get("when").is_some(),
    }
}

/// Checks that are kept apart here and told in the condition of their neighbour there.
fn told_by_its_neighbour(operation: &Operation, check: &Check) -> bool {
    matches!((&*operation.id, &*check.path), ("vm-create", "/vms/{ownervmid}") | ("ct-restore", "/vms/{backupowner}"))
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn operations_equal_the_recorded_ones() {
    let recorded = reference("operations.json");
    let recorded = recorded.as_array().unwrap();
    assert!(recorded.len() >= 342);
    let mut compared = BTreeSet::new();
    for entry in recorded {
        let text = |key: &str| entry[key].as_str().unwrap();
        let operation = operations::find(text("op")).unwrap_or_else(|| panic!("{} is missing", text("op")));
        let short = text("id").split('@').next().unwrap();
        assert_eq!(operations::find(short), Some(operation), "{short}");
        assert_eq!(*operation.method, entry["api"]["method"], "{short}");
        assert_eq!(*operation.api, entry["api"]["path"], "{short}");
        assert_eq!(operation.cli.is_none(), text("cli") == "-", "{short}");
        assert_eq!(operation.tokens_allowed, entry["tokens_allowed"] != false, "{short}");
        for release in Release::ALL {
            let major = release.major().to_string();
            if entry["versions"][&major] != true {
                continue;
            }
            assert!(
                operation.exists_in(release) && compared.insert((operation.id.as_str(), release)),
                "{short} in {release}"
            );
            assert_eq!(operation.is_root_only_in(release), entry["root_only"] == true, "{short} in {release}");
            let ours = operation.checks_in(release).filter(|check| !told_by_its_neighbour(operation, check));
            let mut ours: Vec<Fact> = ours.map(fact).collect();
            let applies = |requirement: &&Value| {
                requirement.get("versions").is_none_or(|versions| texts(versions).contains(&major))
            };
            let theirs = entry["requires"].as_array().unwrap().iter().filter(applies);
            let theirs: Vec<Fact> = theirs.map(recorded_fact).collect();
            // Some conditions are recorded as notes; there is none that we don't have.
            for (our, their) in ours.iter_mut().zip(&theirs) {
                assert!(our.conditional || !their.conditional, "{short} in {release}: {our:?}");
                our.conditional = their.conditional;
            }
            // In the recorded order, too.
            assert_eq!(ours, theirs, "{short} in {release}");
        }
    }
    for operation in operations::operations() {
        for release in operation.releases {
            assert!(
                compared.contains(&(operation.id.as_str(), *release)),
                "{} isn't recorded for {release}",
                operation.id
            );
        }
    }
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn the_lists_of_this_test_equal_the_recorded_ones() {
    let recorded = reference("access.json");
    for release in Release::ALL {
        let version = &recorded["versions"][release.major().to_string()];
        let ours: BTreeSet<String> =
            PRIVILEGES.iter().filter(|(name, _)| is_privilege(name, release)).map(|(name, _)| (*name).into()).collect();
        assert_eq!(ours, texts(&version["privileges"]), "{release}");
        assert!(ROLES.iter().all(|role| version["roles"].get(*role).is_some()), "{release}");
    }
}

#[test]
fn profiles_hold_together() {
    assert!(profiles::profiles().is_sorted_by_key(|profile| profile.id.as_str()));
    assert_eq!(profiles::find("no-such-profile"), None);
    for profile in profiles::profiles() {
        let id = profile.id;
        assert_eq!(profiles::find(&id), Some(profile), "{id}");
        assert!(!profile.name.is_empty() && !profile.category.is_empty() && !profile.source.is_empty(), "{id}");
        assert!(profile.grants.is_sorted_by_key(|grant| grant.optional), "{id}: what must be there comes first");
        for release in Release::ALL {
            assert!(profile.grants_in(release).next().is_some(), "{id} needs nothing in {release}");
            for grant in profile.grants_in(release) {
                let others = grant.or.iter().flat_map(|other| other.privileges);
                for privilege in grant.privileges.iter().chain(others) {
                    assert!(is_privilege(privilege, release), "{id}: {release} has no {privilege}");
                }
                assert!(grant.roles.iter().all(|role| ROLES.contains(&role.as_str())), "{id}: {:?}", grant.roles);
                // In a list without roles, what is called unneeded has to stand in it.
                let named = |name: &Text| grant.privileges.contains(name) || !grant.roles.is_empty();
                assert!(grant.unneeded.iter().all(named), "{id} on {}: {:?}", grant.path, grant.unneeded);
            }
            for minimal in profile.minimal_in(release) {
                assert!(minimal.privileges.iter().all(|name| is_privilege(name, release)), "{id}: {minimal:?}");
            }
        }
    }
}

#[test]
fn names_that_documentation_gets_wrong_are_told() {
    for profile in profiles::profiles() {
        for release in Release::ALL {
            let errata = || profile.errata_in(release);
            let told: BTreeSet<&str> = errata()
                .filter(|e| e.kind == ErratumKind::Unknown)
                .flat_map(|e| e.names)
                .map(|name| name.as_str())
                .collect();
            for name in &told {
                assert!(!is_known(name, release), "{}: {release} does have {name}", profile.id);
            }
            let written = profile.documented_in(release).flat_map(|entry| entry.privileges.iter().chain(entry.roles));
            for name in written {
                assert!(
                    is_known(name, release) || told.contains(name.as_str()),
                    "{}: {release} has no {name}",
                    profile.id
                );
            }
            let missing = errata().filter(|e| e.kind == ErratumKind::Missing).flat_map(|e| e.names);
            for name in missing {
                assert!(is_privilege(name, release), "{}: {release} has no {name} to miss", profile.id);
            }
        }
    }
}

/// Whether an ACL on `above` reaches `path`; names in braces stand for each other.
fn reaches(above: &str, path: &str) -> bool {
    let mut path = path.split('/').filter(|part| !part.is_empty());
    let mut above = above.split('/').filter(|part| !part.is_empty());
    above
        .all(|part| path.next().is_some_and(|other| part == other || (part.starts_with('{') && other.starts_with('{'))))
}

/// Whether these grants pass a check, its alternatives included.
fn passes(grants: &[&Grant], check: &Check) -> bool {
    let ways = [(check.path, check.mode, check.privileges)].into_iter();
    let mut ways = ways.chain(check.or.iter().map(|other| (other.path, other.mode, other.privileges)));
    ways.any(|(path, mode, privileges)| {
        let has =
            |name: &Text| grants.iter().any(|grant| reaches(&grant.path, &path) && grant.privileges.contains(name));
        match mode {
            Mode::All => privileges.iter().all(has),
            Mode::Any => privileges.iter().any(has),
        }
    })
}

fn roles_of_ours() -> impl Iterator<Item = &'static Profile> {
    profiles::profiles().iter().filter(|profile| profile.category == "generic role")
}

#[test]
fn roles_of_ours_do_what_they_say() {
    let ids: Vec<&str> = roles_of_ours().map(|profile| profile.id.as_str()).collect();
    assert_eq!(ids, ["backup-operator", "provisioner", "read-only-monitoring", "vm-operator"]);
    for profile in roles_of_ours() {
        assert!(!profile.operations.is_empty());
        for part in profile.operations {
            for release in Release::ALL {
                let grants: Vec<&Grant> =
                    profile.grants_in(release).filter(|g| g.feature == "base" || g.feature == part.feature).collect();
                for id in part.ids {
                    let operation = operations::find(id).unwrap_or_else(|| panic!("{}: {id}?", profile.id));
                    // Filters count: what fails them isn't shown.
                    let asked = |check: &&Check| check.when.is_none_or(|when| when.starts_with("for each"));
                    for check in operation.checks_in(release).filter(asked) {
                        assert!(
                            passes(&grants, check),
                            "{}, {}: {id} in {release}: {check:?}",
                            profile.id,
                            part.feature
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn roles_of_ours_have_no_grant_without_a_use() {
    for profile in roles_of_ours() {
        for grant in profile.grants {
            let used = |privilege: &Text| {
                let parts = profile.operations.iter();
                let parts = parts.filter(|part| grant.feature == "base" || part.feature == grant.feature);
                let mut checks = parts.flat_map(|part| part.ids).flat_map(|id| operations::find(id).unwrap().checks);
                checks.any(|check| {
                    let mut ways = vec![(check.path, check.privileges)];
                    ways.extend(check.or.iter().map(|other| (other.path, other.privileges)));
                    ways.iter().any(|(path, names)| reaches(&grant.path, path) && names.contains(privilege))
                })
            };
            // These two features pass a parameter of an operation that the base has.
            let parameter = matches!(&*grant.feature, "bandwidth" | "privileged containers");
            assert!(parameter || grant.privileges.iter().all(used), "{}: {grant:?}", profile.id);
        }
    }
}

/// A grant of one privilege: path, feature, optional, documented, privilege, unneeded, other ways.
type Need = (String, String, bool, bool, String, bool, BTreeSet<(String, BTreeSet<String>)>);

/// A name in braces without blanks, capitals and dashes, which a user would have to quote.
fn plain(path: &str) -> String {
    let mut inside = false;
    path.chars()
        .map(|c| {
            inside = c == '{' || (inside && c != '}');
            if inside && (c == ' ' || c == '-') {
                '_'
            } else if inside {
                c.to_ascii_lowercase()
            } else {
                c
            }
        })
        .collect()
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn profiles_equal_the_recorded_integrations() {
    let (recorded, access) = (reference("integrations.json"), reference("access.json"));
    let recorded = recorded.as_array().unwrap();
    assert!(recorded.len() >= 56);
    assert_eq!(profiles::profiles().len(), recorded.len() + roles_of_ours().count());
    for entry in recorded {
        let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
        let id = text(entry, "id");
        let profile = profiles::find(&id).unwrap_or_else(|| panic!("{id} is missing"));
        assert_eq!(*profile.category, text(entry, "category"), "{id}");
        assert_eq!(*profile.name, text(entry, "name"), "{id}");
        for release in Release::ALL {
            let major = release.major().to_string();
            let roles = &access["versions"][&major]["roles"];
            let mut ours: BTreeSet<Need> = BTreeSet::new();
            for grant in profile.grants_in(release) {
                let mut privileges = names(grant.privileges);
                privileges.extend(grant.roles.iter().flat_map(|role| texts(&roles[role.as_str()])));
                let others: BTreeSet<_> = grant.or.iter().map(|o| (o.path.to_string(), names(o.privileges))).collect();
                for privilege in privileges {
                    let unneeded = grant.unneeded.iter().any(|name| *name == privilege.as_str());
                    let (path, feature) = (grant.path.to_string(), grant.feature.to_string());
                    let documented = grant.basis == Basis::Documented;
                    ours.insert((path, feature, grant.optional, documented, privilege, unneeded, others.clone()));
                }
            }
            let mut theirs: BTreeSet<Need> = BTreeSet::new();
            for grant in entry["versions"][&major]["grants"].as_array().unwrap() {
                let others = grant["alternatives"].as_array().into_iter().flatten();
                let others: BTreeSet<_> = others.map(|o| (text(o, "path"), texts(&o["privs"]))).collect();
                let unneeded = texts(&grant["unneeded"]);
                for privilege in texts(&grant["privs"]) {
                    let (path, feature) = (plain(&text(grant, "path")), text(grant, "feature"));
                    let (optional, documented) = (grant["optional"] == true, grant["basis"] == "documented");
                    let unneeded = unneeded.contains(&privilege);
                    theirs.insert((path, feature, optional, documented, privilege, unneeded, others.clone()));
                }
            }
            assert_eq!(ours, theirs, "{id} in {release}");
        }
        let documented = entry["documented_privs"].as_array().unwrap();
        assert_eq!(profile.documented.len(), documented.len(), "{id}");
        for (ours, theirs) in profile.documented.iter().zip(documented) {
            assert_eq!(*ours.path, plain(&text(theirs, "path")), "{id}");
            assert_eq!(*ours.feature, text(theirs, "feature"), "{id}");
            assert_eq!(names(ours.privileges), texts(&theirs["privs"]), "{id}");
            if ours.text.is_none() {
                let roles: BTreeSet<String> =
                    theirs["role"].as_str().into_iter().flat_map(|r| r.split(", ")).map(Into::into).collect();
                assert_eq!(names(ours.roles), roles, "{id}");
            }
        }
    }
}
