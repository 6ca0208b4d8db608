//! What integrations need, held against files: every profile can be made to fit from nothing, and what is printed is read
//! as a whole.

use super::access::files;
use super::cli::{pvelint, pvelint_with_stdin, stderr, stdout};
use proptest::prelude::*;
use pvelint::access::fits::{Objects, Plan, PlanWay, Question, Storage, Verdict};
use pvelint::access::profiles::{self, Profile};
use pvelint::access::{Access, Change, apply};
use pvelint::model::tables::access::{Priv, PrivSet};
use pvelint::model::user::UserCfg;
use pvelint::release::Release;
use std::collections::BTreeMap;

fn features(profile: &Profile, release: Release) -> Vec<&'static str> {
    let variant = |name: &&str| profile.grants.iter().any(|grant| grant.feature == *name && grant.variant);
    profile.features_in(release).into_iter().filter(|name| !variant(name)).collect()
}

fn objects() -> Objects {
    let storage = |id: &str, disks, isos| Storage { id: id.into(), disks, isos, backups: false };
    Objects {
        guests: vec!["100".into(), "101".into()],
        storages: vec![storage("local", false, true), storage("st", true, false)],
        nodes: vec!["n1".into(), "n2".into()],
    }
}

/// The answer before and after each plan.
fn tried(text: &str, subject: &str, release: Release, question: &Question<'_>) -> (bool, Vec<(Plan, bool)>) {
    let cfg = UserCfg::parse(text.as_bytes(), release);
    let access = Access::new(&cfg);
    let fits = access.fits(subject.as_bytes(), question).fits();
    let plans = access.plans(subject.as_bytes(), question).into_iter().map(|plan| {
        let after = apply(&cfg, &plan.changes);
        let after = UserCfg::parse(&after, release);
        let fit = Access::new(&after).fits(subject.as_bytes(), question);
        (plan, fit.fits() && fit.pools.is_empty())
    });
    (fits, plans.collect())
}

#[test]
fn every_profile_can_be_made_to_fit_from_nothing() {
    let text = "user:a@pve:1:0:\ntoken:a@pve!ci:0:1::\ntoken:a@pve!full:0:0::\n";
    let (unknown, known, bound) = (Objects::default(), objects(), BTreeMap::new());
    for profile in profiles::profiles() {
        for release in Release::ALL {
            for features in [Vec::new(), features(profile, release)] {
                for objects in [&unknown, &known] {
                    for subject in ["a@pve", "a@pve!ci", "a@pve!full"] {
                        let question = Question { profile, features: &features, bound: &bound, objects };
                        let (before, plans) = tried(text, subject, release, &question);
                        let what = format!("{subject}, {} {features:?} in {release}", profile.id);
                        assert!(!before, "{what} fits without a grant");
                        assert!(!plans.is_empty() && plans.iter().all(|(_, works)| *works), "{what}: {plans:?}");
                        let grants = plans.iter().find(|(plan, _)| plan.way == PlanWay::Grants);
                        assert_sane(&grants.expect(&what).0.changes, release, &what);
                    }
                }
            }
        }
    }
}

/// Roles are made before they are given, once each and under names that PVE takes.
fn assert_sane(changes: &[Change], release: Release, what: &str) {
    let mut made: Vec<&[u8]> = Vec::new();
    for change in changes {
        assert!(change.command().line().is_some(), "{what}: {change:?}");
        match change {
            Change::AddRole { name, .. } => {
                assert!(!made.contains(&name.as_slice()), "{what}: {name} twice");
                assert!(!name.to_ascii_lowercase().starts_with(b"pve"), "{what}: {name} is reserved");
                made.push(name);
            }
            Change::Grant { path, roles, .. } => {
                assert!(pvelint::model::tables::access::path_allowed(path, release), "{what}: no ACL on {path}");
                assert!(roles.iter().all(|role| role != "Administrator" || what.contains("Administrator")), "{what}");
            }
            change => panic!("{what}: {change:?}"),
        }
    }
}

/// Nothing that the profile doesn't ask for comes with a role made for it.
#[test]
fn roles_made_for_a_profile_hold_what_it_asks_for_and_no_more() {
    let text = "user:a@pve:1:0:\n";
    let (objects, bound) = (objects(), BTreeMap::new());
    for profile in profiles::profiles() {
        for release in Release::ALL {
            let features = features(profile, release);
            let question = Question { profile, features: &features, bound: &bound, objects: &objects };
            let cfg = UserCfg::parse(text.as_bytes(), release);
            let access = Access::new(&cfg);
            let needs = access.fits(b"a@pve", &question).needs;
            let wanted = needs.iter().fold(PrivSet::EMPTY, |all, need| all | need.wanted);
            for change in access.plans(b"a@pve", &question).into_iter().flat_map(|plan| plan.changes) {
                if let Change::AddRole { name, privileges } = change {
                    assert!(wanted.contains_all(privileges), "{name} in {release}: {}", privileges - wanted);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever the file, a plan makes it fit and takes nothing from anybody, and there is none where it fits already.
    #[test]
    fn plans_work_on_any_file(
        text in files(),
        release in proptest::sample::select(&Release::ALL[..]),
        profile in proptest::sample::select(profiles::profiles()),
    ) {
        let (objects, bound) = (objects(), BTreeMap::new());
        let question = Question { profile: profiles::find(&profile.id).unwrap(), features: &[], bound: &bound, objects: &objects };
        for subject in ["a@pve", "b@pve", "a@pve!sep", "a@pve!full", "ghost@pve"] {
            let (fits, plans) = tried(&text, subject, release, &question);
            prop_assert!(!fits || plans.is_empty());
            for (plan, works) in &plans {
                prop_assert!(works, "{} for {}: {:?} in\n{}", subject, profile.id, plan, text);
            }
            prop_assert!(fits || !plans.is_empty(), "{} for {}: nothing in\n{}", subject, profile.id, text);
        }
    }

    /// What is said to be missing is missing, and what is said to be there is there.
    #[test]
    fn verdicts_are_those_of_the_engine(
        text in files(),
        release in proptest::sample::select(&Release::ALL[..]),
        profile in proptest::sample::select(profiles::profiles()),
    ) {
        let (objects, bound) = (objects(), BTreeMap::new());
        let question = Question { profile: profiles::find(&profile.id).unwrap(), features: &[], bound: &bound, objects: &objects };
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        let fit = access.fits(b"a@pve!sep", &question);
        for spot in fit.needs.iter().flat_map(|need| &need.ways).flat_map(|way| &way.spots) {
            let has = access.effective(b"a@pve!sep", &spot.path).privs;
            prop_assert_eq!(spot.lacking - (spot.wanted - has), PrivSet::EMPTY);
            if !spot.path.starts_with(b"/pool/") {
                prop_assert_eq!(spot.lacking, spot.wanted - has, "{}", spot.path);
            }
        }
        for need in &fit.needs {
            prop_assert_eq!(need.verdict() == Verdict::Yes, need.lacking().is_empty());
        }
    }
}

fn fit(text: &str, subject: &str, id: &str, bound: &[(&str, &str)]) -> (Verdict, Vec<String>) {
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let bound: BTreeMap<String, String> = bound.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    let objects = objects();
    let profile = profiles::find(id).unwrap();
    let question = Question { profile, features: &[], bound: &bound, objects: &objects };
    let fit = Access::new(&cfg).fits(subject.as_bytes(), &question);
    let verdict = fit.needs.iter().map(|need| need.verdict()).min().unwrap();
    (verdict, fit.pools.iter().map(ToString::to_string).collect())
}

#[test]
fn rights_count_where_they_are_wanted() {
    let user = "user:a@pve:1:0:\n";
    let with = |acl: &str| format!("{user}pool:p::100:st:\npool:q::::\n{acl}");
    // /vms is every guest and those to come; a pool is its members; vmid= is one.
    let vms = with("acl:1:/vms:a@pve:PVEVMUser:\n");
    assert_eq!(fit(&vms, "a@pve", "vm-operator", &[]), (Verdict::Yes, vec![]));
    let here = with("acl:0:/vms:a@pve:PVEVMUser:\n");
    assert_eq!(fit(&here, "a@pve", "vm-operator", &[]).0, Verdict::No);
    let each = with("acl:1:/vms/100:a@pve:PVEVMUser:\nacl:1:/vms/101:a@pve:PVEVMUser:\n");
    assert_eq!(fit(&each, "a@pve", "vm-operator", &[]).0, Verdict::Part);
    assert_eq!(fit(&each, "a@pve", "vm-operator", &[("vmid", "100")]).0, Verdict::Yes);
    let pool = with("acl:1:/pool/p:a@pve:PVEVMUser:\n");
    assert_eq!(fit(&pool, "a@pve", "vm-operator", &[]), (Verdict::Yes, vec!["p".to_owned()]));
    assert_eq!(fit(&pool, "a@pve", "vm-operator", &[("pool", "p")]), (Verdict::Yes, vec![]));
    assert_eq!(fit(&pool, "a@pve", "vm-operator", &[("pool", "q")]).0, Verdict::No);
    assert_eq!(fit(&pool, "a@pve", "vm-operator", &[("vmid", "101")]).0, Verdict::No);
    // NoAccess on one member spoils the pool.
    let spoilt = with("acl:1:/pool/p:a@pve:PVEVMUser:\nacl:1:/vms/100:a@pve:NoAccess:\n");
    assert!(fit(&spoilt, "a@pve", "vm-operator", &[]).0 < Verdict::Yes);
    // One storage is enough where the profile names one, and it may be chosen.
    let base = "acl:1:/vms:a@pve:PVEVMAdmin:\nacl:1:/sdn:a@pve:PVESDNUser:\n";
    let storage = with(&format!("{base}acl:1:/storage/st:a@pve:PVEDatastoreUser:\n"));
    assert_eq!(fit(&storage, "a@pve", "terraform-bpg", &[]).0, Verdict::Yes);
    assert_eq!(fit(&storage, "a@pve", "terraform-bpg", &[("storage", "st")]).0, Verdict::Yes);
    assert_eq!(fit(&storage, "a@pve", "terraform-bpg", &[("storage", "local")]).0, Verdict::No);
}

#[test]
fn the_least_is_enough_and_the_root_alone_where_only_that_is_looked_at() {
    let least = "user:a@pve:1:0:\nrole:o:Sys.Audit:\nacl:0:/:a@pve:o:\nacl:1:/nodes:a@pve:o:\nacl:1:/vms:a@pve:PVEAuditor:\n\
        acl:1:/storage:a@pve:PVEAuditor:\n";
    let cfg = UserCfg::parse(least.as_bytes(), Release::Pve9);
    let (objects, bound) = (objects(), BTreeMap::new());
    let ask = |id: &str, features: &[&'static str]| {
        let question = Question { profile: profiles::find(id).unwrap(), features, bound: &bound, objects: &objects };
        Access::new(&cfg).fits(b"a@pve", &question)
    };
    assert!(ask("prometheus-pve-exporter", &[]).fits());
    // Telmate looks on / itself for everything; ProxLB looks there for the state of HA alone.
    let telmate = ask("terraform-telmate", &[]);
    let root =
        telmate.needs.iter().flat_map(|need| &need.ways).flat_map(|way| &way.spots).find(|spot| spot.path == "/");
    let audit = Priv::from_name(b"VM.Audit").unwrap();
    assert!(root.unwrap().lacking.contains(audit));
    let proxlb = ask("proxlb", &[]);
    let state = proxlb.needs.iter().find(|need| need.path == "/" && need.notes.iter().any(|note| note.contains("HA")));
    assert_eq!(state.unwrap().verdict(), Verdict::Yes);
    // A feature brings along what serves it.
    let clone = ask("cv4pve-admin", &["Workflow clone"]);
    assert!(clone.used.contains(&"Workflow clone / backup / resize"), "{:?}", clone.used);
}

#[test]
fn what_is_granted_beyond_need_is_told_the_most_powerful_first() {
    let text = "user:a@pve:1:0:\ngroup:g:a@pve::\nacl:1:/vms:a@pve:PVEAuditor:\nacl:1:/nodes:@g:PVESysAdmin:\n\
        acl:1:/storage:a@pve:NoAccess:\nacl:1:/:a@pve:PVEAuditor:\n";
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let access = Access::new(&cfg);
    let (objects, bound) = (objects(), BTreeMap::new());
    let profile = profiles::find("homepage").unwrap();
    let question = Question { profile, features: &[], bound: &bound, objects: &objects };
    let fit = access.fits(b"a@pve", &question);
    let beyond = access.beyond(b"a@pve", &fit);
    let told: Vec<_> =
        beyond.iter().map(|one| (cfg.tree.path(one.entry.entry.node).to_string(), one.powerful.len())).collect();
    assert_eq!(told[0], ("/nodes".to_owned(), 1), "{told:?}");
    assert!(told.iter().all(|(path, _)| path != "/storage"), "{told:?}");
    let audit = Priv::from_name(b"VM.Audit").unwrap();
    assert!(beyond.iter().all(|one| !one.privileges.contains(audit)), "VM.Audit is needed");
}

fn run(line: &str, stdin: &[u8]) -> String {
    let args = super::access_cli::words(line);
    let args: Vec<_> = std::iter::once("access").chain(args.iter().map(String::as_str)).collect();
    let output = pvelint_with_stdin(&args, stdin);
    let code = output.status.code().unwrap();
    format!("$ pvelint access {line}\n{}{}exit code {code}\n\n", stdout(&output), stderr(&output))
}

fn transcript(lines: &[&str]) -> String {
    lines.iter().map(|line| run(line, b"")).collect()
}

#[test]
fn fits() {
    insta::assert_snapshot!(transcript(&[
        "fits monitor@pve!prometheus prometheus-pve-exporter -c samples/clean",
        "fits prometheus@pve!exporter pulse --feature 'guest info' -c samples/vm-monitor-on-pve-9",
        "fits prometheus@pve!exporter pulse --feature 'guest info' --pve 8 -c samples/vm-monitor-on-pve-9",
        "fits alice@pve homepage -c samples/clean",
        "fits bob@pve vm-operator -c samples/clean",
    ]));
}

#[test]
fn fits_with_names() {
    insta::assert_snapshot!(transcript(&[
        "fits packer@pve!build packer-proxmox -c samples/homelab",
        "fits packer@pve!build packer-proxmox storage=tank bridge=vmbr0 --feature pool -c samples/homelab",
        "fits ci@pve!deploy terraform-bpg -c samples/clean",
        "fits ci@pve!deploy terraform-bpg pool=dev -c samples/clean",
        "fits root@pam veeam -c samples/clean",
        "fits kid@pve fence-pve vmid=999 -c samples/homelab",
        "fits alice@pve cv4pve-admin --all-features -c samples/clean",
    ]));
}

#[test]
fn profiles_are_listed_and_shown() {
    insta::assert_snapshot!(transcript(&[
        "profiles",
        "profiles kubernetes",
        "profiles packer-proxmox",
        "profiles prometheus-pve-exporter",
        "profiles cv4pve-admin --pve 9",
    ]));
}

#[test]
fn what_nobody_knows_is_an_error_with_a_hint() {
    for (line, hint) in [
        ("fits bob@pve terraform -c samples/clean", "did you mean terraform-bpg or terraform-telmate?"),
        ("fits bob@pve terraform-bgp -c samples/clean", "did you mean terraform-bpg?"),
        ("fits bob@pve zzz -c samples/clean", "`pvelint access profiles` lists them"),
        ("fits bbo@pve homepage -c samples/clean", "did you mean bob@pve?"),
        ("fits bob@pve cv4pve-admin --feature AutoSnp -c samples/clean", "did you mean AutoSnap?"),
        ("fits bob@pve cv4pve-admin --feature workflow -c samples/clean", "which of 'Workflow clone'"),
        ("fits bob@pve proxcat --feature x -c samples/clean", "no optional parts"),
        ("fits bob@pve terraform-bpg storge=local -c samples/clean", "did you mean storage?"),
        ("fits bob@pve terraform-bpg local -c samples/clean", "NAME=VALUE"),
        ("fits bob@pve terraform-bpg storage=a{b -c samples/clean", "can't be the storage"),
        ("fits bob@pve terraform-bpg storage=a storage=b -c samples/clean", "twice"),
        ("profiles zzz", "no profile is called zzz"),
    ] {
        let args = super::access_cli::words(line);
        let args: Vec<_> = std::iter::once("access").chain(args.iter().map(String::as_str)).collect();
        let output = pvelint(&args);
        assert_eq!(output.status.code(), Some(2), "{line}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains(hint), "{line}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{line}");
    }
}

#[test]
fn json_says_what_the_text_says() {
    let json = |args: &[&str]| -> serde_json::Value {
        let args: Vec<_> = std::iter::once("access").chain(args.iter().copied()).chain(["--format", "json"]).collect();
        serde_json::from_slice(&pvelint(&args).stdout).unwrap()
    };
    let value =
        json(&["fits", "prometheus@pve!exporter", "prometheus-pve-exporter", "-c", "samples/vm-monitor-on-pve-9"]);
    assert_eq!(
        (&value["schema_version"], &value["question"], &value["answer"]),
        (&1.into(), &"fits".into(), &true.into())
    );
    let value = json(&["fits", "ci@pve!deploy", "terraform-bpg", "-c", "samples/clean"]);
    assert_eq!(value["answer"], false);
    assert_eq!(value["needs"][0]["answer"], "part");
    assert_eq!(value["needs"][0]["ways"][0]["not_on"][0]["path"], "/vms/100");
    assert!(value["changes"][0]["commands"][0].as_str().unwrap().starts_with("pveum role add terraform-bpg --privs "));
    let value = json(&["profiles", "capmox"]);
    assert_eq!((&value["question"], &value["profiles"][0]["id"]), (&"profiles".into(), &"capmox".into()));
    assert_eq!(json(&["profiles"])["profiles"].as_array().unwrap().len(), 60);
}

#[test]
fn an_empty_file_is_answered_too() {
    assert!(run("fits root@pam homepage -c - --pve 9", b"").starts_with(
        "$ pvelint access fits root@pam homepage -c - --pve 9\nyes: root@pam has what homepage needs (PVE 9)\n"
    ));
}
