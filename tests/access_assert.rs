//! Policy as code: transcripts of `pvelint access assert` and of `check` with a policy, the judge against a second one that asks
//! [`Access::effective`] path by path, and the reading of statements against any text.

use super::cli::{pvelint, pvelint_with_stdin, stderr, stdout, without_time};
use proptest::prelude::*;
use pvelint::access::Access;
use pvelint::access::policy::{Policy, Problem, Stated, judge};
use pvelint::cluster::Cluster;
use pvelint::model::tables::access::{Priv, PrivSet, checked_anywhere, checked_below, checked_on, path_allowed, paths};
use pvelint::model::user::{UserCfg, dump};
use pvelint::release::Release;
use pvelint::settings::Settings;
use pvelint::source::{LoadOptions, Sources, TreeId};
use pvelint::text::{FileId, Span};
use std::collections::BTreeSet;
use std::path::Path;

fn shown(args: &[&str]) -> String {
    let output = pvelint(args);
    format!(
        "$ pvelint {}\n{}{}exit code {}\n\n",
        args.join(" "),
        stdout(&output),
        stderr(&output),
        output.status.code().unwrap()
    )
}

#[test]
fn samples() {
    insta::assert_snapshot!(
        shown(&["access", "assert", "samples/clean/policy.toml", "-c", "samples/clean"])
            + &shown(&["access", "assert", "samples/homelab/policy.toml", "-c", "samples/homelab"])
            + &shown(&[
                "access",
                "assert",
                "samples/homelab/policy.toml",
                "-c",
                "samples/clean",
                "--format",
                "concise"
            ])
    );
}

/// A user.cfg with a bit of everything.
const CFG: &str = "user:root@pam:1:0:::::\nuser:alice@pve:1:0:::::\nuser:bob@pve:1:0:::::\n\
    token:alice@pve!full:0:0::\ntoken:bob@pve!ci:0:1::\ntoken:bob@pve!ro:0:1::\ntoken:root@pam!backup:0:1::\n#user:old@pve:1:0:::::\n\
    group:admins:alice@pve::\ngroup:none:::\npool:dev::100,101:local:\nrole:Empty::\n\
    acl:1:/:@admins:Administrator:\nacl:1:/pool/dev:bob@pve,bob@pve!ci:PVEVMAdmin:\nacl:1:/:root@pam!backup:PVEAuditor:\n";

/// The concise findings and the exit code for statements about [`CFG`].
fn asserted(statements: &[&str]) -> (String, i32) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.toml");
    std::fs::write(&file, toml_of(statements)).unwrap();
    let file = file.to_str().unwrap();
    let output = pvelint_with_stdin(&["access", "assert", file, "-c", "-", "--format", "concise"], CFG.as_bytes());
    let found = stdout(&output).lines().map(|line| line.split_once(".toml:").unwrap().1.to_owned() + "\n").collect();
    (found, output.status.code().unwrap())
}

fn toml_of(statements: &[&str]) -> String {
    statements.iter().map(|statement| format!("[[policy]]\nstatement = '{statement}'\n")).collect()
}

#[test]
fn forms_hold_and_break_as_the_page_says() {
    for statement in [
        // root@pam is exempt, and a token counts as its owner.
        "nobody but @admins can Sys.Modify on /",
        "only @admins can Sys.Modify on /",
        "nobody but @admins, bob@pve can VM.Console on /vms",
        // Of bob's tokens only the named one counts, and the other has nothing.
        "nobody but @admins and bob@pve!ci can VM.Console on /vms",
        "bob@pve can VM.Console on /vms/100, /vms/101",
        "bob@pve can any of VM.Console, Sys.Modify on /vms/100",
        "bob@pve cannot all of VM.Console, Sys.Modify on /vms/100",
        "bob@pve can VM.Console on any of /vms/*, /",
        "bob@pve cannot Datastore.* on /storage",
        "bob@pve!ro cannot * on /*",
        "alice@pve!full can Administrator on /",
        "bob@pve cannot Administrator on /",
        "*@pve can VM.Console on below /pool/dev",
        // A role is all of its privileges.
        "bob@pve cannot PVEAdmin on /vms/100",
    ] {
        assert_eq!(asserted(&[statement]), (String::new(), 0), "{statement}");
    }
    for (statement, says) in [
        ("nobody can Sys.Modify on /", "alice@pve can Sys.Modify on /"),
        ("only @admins, bob@pve can Sys.Modify on /", "bob@pve lacks Sys.Modify on /"),
        // A plain path on which PVE doesn't look VM.Console up stands for what is below it, too.
        ("bob@pve cannot VM.Console on /vms", "bob@pve can VM.Console on /vms/100"),
        ("bob@pve cannot VM.Console on /pool", "bob@pve can VM.Console on /vms/100"),
        ("nobody but @admins and bob@pve!ro can VM.Console on /vms", "bob@pve!ci can VM.Console on /vms/100"),
        ("*!* cannot Sys.Audit on /", "alice@pve!full can Sys.Audit on /"),
        ("root@pam cannot VM.Audit on /vms/100", "root@pam can VM.Audit on /vms/100"),
        ("@admins and bob@pve can VM.Console, Sys.Modify on /vms/100", "bob@pve lacks Sys.Modify on /vms/100"),
    ] {
        let (found, code) = asserted(&[statement]);
        assert!(found.contains(&format!("error policy-broken: {says}\n")), "{statement}: {found}");
        assert_eq!((found.lines().count(), code), (1, 1), "{statement}: {found}");
    }
}

#[test]
fn names_that_nobody_knows_are_no_pass() {
    for (statement, says) in [
        ("@admin cannot VM.Console on /vms", "there is no group admin; did you mean @admins?"),
        ("admins cannot VM.Console on /vms", "there is no user admins; did you mean the group, @admins?"),
        ("bob@pve!deploy cannot VM.Console on /vms", "there is no token bob@pve!deploy"),
        ("bob@pve cannot VM.Consol on /vms", "no privilege or role is called VM.Consol; did you mean VM.Console?"),
        ("bob@pve cannot VM.Monitor on /vms", "PVE 9 has no VM.Monitor any more"),
        ("bob@pve cannot pvevmadmin on /vms", "no privilege or role is called pvevmadmin; did you mean PVEVMAdmin?"),
        ("bob@pve cannot VM.Console on /pool/dve", "there is no pool dve; did you mean /pool/dev?"),
        ("bob@pve cannot VM.Console on /vm/100", "PVE 9 checks nothing on /vm/100; did you mean /vms/100?"),
        ("bob@pve cannot VM.Console on vms", "PVE 9 checks nothing on vms; did you mean /vms?"),
    ] {
        let (found, code) = asserted(&[statement]);
        assert!(found.contains("error policy-name-unknown: ") && found.contains(says), "{statement}: {found}");
        assert_eq!(code, 2, "{statement}");
    }
    for (statement, says) in [
        ("*@ldap cannot VM.Console on /vms", "no user matches *@ldap"),
        ("*!nothing cannot VM.Console on /vms", "no token matches *!nothing"),
        ("@none cannot VM.Console on /vms", "@none has no members"),
        ("bob@pve cannot SDM.* on /vms", "no privilege of PVE 9 matches SDM.*"),
        ("bob@pve cannot Empty on /vms", "the role Empty holds no privilege"),
        ("bob@pve cannot VM.Console on /storage/local", "PVE looks none of these privileges up on /storage/local"),
        ("bob@pve cannot VM.Console on /nodes/*", "nothing that is there matches /nodes/*"),
    ] {
        let (found, code) = asserted(&[statement]);
        assert!(found.contains("warning policy-no-effect: ") && found.contains(says), "{statement}: {found}");
        assert_eq!(code, 1, "{statement}");
    }
    let (found, code) = asserted(&["bob@pve can VM.Audit on /vms/100", "bob@pve may VM.Audit on /vms"]);
    assert!(found.starts_with("4:22: error policy-unreadable: this statement can't be parsed: `can` or"), "{found}");
    assert_eq!((found.lines().count(), code), (1, 2));
}

#[test]
fn who_was_dropped_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.toml");
    std::fs::write(&file, toml_of(&["old@pve cannot VM.Audit on /vms"])).unwrap();
    let cfg = CFG.replace("#user:old@pve:1:0", "user:old@pve:1:never");
    let output = pvelint_with_stdin(&["access", "assert", file.to_str().unwrap(), "-c", "-"], cfg.as_bytes());
    let text = stdout(&output);
    assert!(text.contains("PVE ignores old@pve at user.cfg:8 while reading: the expiry is no number"), "{text}");
}

#[test]
fn files_that_cannot_be_used() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("p.toml");
    let run = |text: &str| {
        std::fs::write(&file, text).unwrap();
        let output = pvelint_with_stdin(&["access", "assert", file.to_str().unwrap(), "-c", "-"], CFG.as_bytes());
        (output.status.code().unwrap(), stderr(&output))
    };
    let (code, says) = run("");
    assert!(code == 3 && says.contains("has no statements; one looks like this:"), "{code} {says}");
    let (code, says) = run("[[polcy]]\nstatement = 'x'\n");
    assert!(code == 2 && says.contains("unknown field `polcy`"), "{code} {says}");
    let (code, says) = run("[[policy]]\nstatment = 'x'\n");
    assert!(code == 2 && says.contains("unknown field `statment`"), "{code} {says}");
    let (code, says) = run("[[policy]]\nstatement = 'nobody can * on /'\nreason = ''\n");
    assert!(code == 2 && says.contains("a reason must not be empty"), "{code} {says}");
    let missing = pvelint(&["access", "assert", "samples/none.toml", "-c", "samples/clean"]);
    assert_eq!(missing.status.code(), Some(3));
    let list = toml_of(&[&format!("{}a@pve can VM.Audit on /", "a@pve, ".repeat(300))]);
    let (code, _) = run(&list);
    assert_eq!(code, 2);
}

#[test]
fn json_counts_and_lists() {
    let args = ["access", "assert", "samples/homelab/policy.toml", "-c", "samples/homelab", "--format", "json"];
    let json: serde_json::Value = serde_json::from_slice(&pvelint(&args).stdout).unwrap();
    assert_eq!((json["schema_version"].as_u64(), json["question"].as_str()), (Some(1), Some("assert")));
    let findings = json["findings"].as_array().unwrap();
    assert_eq!(json["broken"].as_u64(), Some(findings.len() as u64));
    assert!(findings.iter().all(|finding| finding["rule"] == "policy-broken" && finding["line"].is_u64()));
}

fn check_with(settings: &str, tree: &Path) -> (String, i32) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pvelint.toml");
    std::fs::write(&file, settings).unwrap();
    let rules = "policy-broken,policy-no-effect,policy-unreadable,policy-name-unknown,ignore-unused";
    let args = ["check", tree.to_str().unwrap(), "--select", rules, "--config", file.to_str().unwrap()];
    let output = pvelint(&args);
    let text = without_time(&stdout(&output)).replace(file.to_str().unwrap(), "pvelint.toml") + &stderr(&output);
    (text, output.status.code().unwrap())
}

#[test]
fn check_judges_the_policy_of_its_settings() {
    let homelab = Path::new("samples/homelab");
    let statement = "[[policy]]\nstatement = 'kid@pve cannot VM.PowerMgmt on /vms'\n";
    let (text, code) = check_with(statement, homelab);
    assert!(text.starts_with("error[policy-broken]: kid@pve can VM.PowerMgmt on /vms/105\n"), "{text}");
    assert!(text.contains("1 error in 1 place; "), "{text}");
    assert_eq!(code, 1);
    let ignore = "[[ignore]]\nrule = 'policy-broken'\nsubject = 'policy: kid@pve cannot *'\nreason = 'summer'\n";
    let (text, code) = check_with(&format!("{statement}{ignore}"), homelab);
    assert!(text.contains("no findings") && code == 0, "{text}");
}

#[test]
fn an_upgrade_that_breaks_a_policy_is_told_before() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("pvelint.toml");
    std::fs::write(&file, "[[policy]]\nstatement = 'prometheus@pve can VM.Monitor on /vms'\n").unwrap();
    let config = file.to_str().unwrap();
    let check = |more: &[&str]| {
        let args = ["check", "samples/vm-monitor-on-pve-9", "--pve", "8", "--config", config, "--format", "concise"];
        let output = pvelint(&[&args, more].concat());
        (stdout(&output), output.status.code())
    };
    assert_eq!(check(&[]), (String::new(), Some(0)), "PVE 8 has the privilege, and the role gives it");
    let (text, code) = check(&["--target", "9"]);
    let policy = text.lines().find(|line| line.contains(" policy-"));
    assert!(policy.is_some_and(|line| line.contains("after the upgrade to PVE 9: ")), "{text}");
    assert_eq!(code, Some(1));
}

#[test]
fn without_user_cfg_a_policy_is_not_evaluated() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("storage.cfg"), "dir: local\n\tpath /var/lib/vz\n\tcontent iso\n").unwrap();
    let (text, code) = check_with(&toml_of(&["nobody can * on /", "a@pve can * on /"]), dir.path());
    assert!(text.contains("not evaluated: 3 rules and with them 2 statements of the policy (no user.cfg)\n"), "{text}");
    assert_eq!(code, 3, "what was asked for wasn't evaluated");
    // Whether it can be read is another question.
    let (text, code) = check_with(&toml_of(&["nobody"]), dir.path());
    assert!(text.contains("error[policy-unreadable]") && code == 3, "{text}");
}

/// The second judge: every list spelled out, every right asked for on its own.
struct Naive<'t, 'c, 'a> {
    access: &'t Access<'c, 'a>,
    places: BTreeSet<String>,
    pools: Vec<(String, Vec<String>)>,
    groups: Vec<(String, Vec<String>)>,
    everybody: Vec<String>,
}

const RELEASE: Release = Release::Pve9;

impl<'t, 'c, 'a> Naive<'t, 'c, 'a> {
    fn new(access: &'t Access<'c, 'a>) -> Self {
        let config = dump(access.cfg())["config"].take();
        let texts = |value: &serde_json::Value| -> Vec<String> {
            value.as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
        };
        let mut pools = Vec::new();
        for (name, pool) in config["pools"].as_object().unwrap() {
            let vms = texts(&pool["vms"]).into_iter().map(|vm| format!("/vms/{vm}"));
            let storages = texts(&pool["storage"]).into_iter().map(|id| format!("/storage/{id}"));
            pools.push((format!("/pool/{name}"), vms.chain(storages).collect::<Vec<_>>()));
        }
        let mut groups = Vec::new();
        for (name, group) in config["groups"].as_object().unwrap() {
            groups.push((name.clone(), texts(&group["users"])));
        }
        let mut places: BTreeSet<String> = paths(RELEASE).map(|row| row.template.to_string()).collect();
        places.retain(|path| !path.contains('{'));
        places.extend(["/access/realm/pam".to_owned(), "/access/realm/pve".to_owned()]);
        for entry in config["acl"].as_array().unwrap() {
            let path = entry["path"].as_str().unwrap();
            places.extend(path.match_indices('/').skip(1).map(|(at, _)| path[..at].to_owned()));
            places.insert(path.to_owned());
        }
        places.extend(pools.iter().flat_map(|(path, members)| members.iter().chain([path])).cloned());
        places.extend(groups.iter().map(|(name, _)| format!("/access/groups/{name}")));
        let users = config["users"].as_object().unwrap().keys();
        let everybody = users.chain(config["tokens"].as_object().unwrap().keys()).cloned().collect();
        Self { access, places, pools, groups, everybody }
    }

    fn listed(&self, names: &[&str]) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for name in names {
            match *name {
                "*@pve" => all.extend(self.everybody.iter().filter(|id| id.ends_with("@pve")).cloned()),
                "*!*" => all.extend(self.everybody.iter().filter(|id| id.contains('!')).cloned()),
                group if group.starts_with('@') => {
                    let members = self.groups.iter().filter(|(name, _)| *name == group[1..]);
                    all.extend(members.flat_map(|(_, members)| members).cloned());
                }
                id => all.extend([id.to_owned()]),
            }
        }
        all
    }

    fn items(&self, names: &[&str]) -> Vec<PrivSet> {
        let one = |name: &&str| match *name {
            "VM.A*" => vec!["VM.Allocate", "VM.Audit"].into_iter().map(set).collect(),
            "Reader" => vec![set("VM.Audit") | set("Datastore.Audit")],
            name => vec![set(name)],
        };
        names.iter().flat_map(one).collect()
    }

    /// Paths with the items that are asked about there.
    fn targets(&self, names: &[&str], items: &[PrivSet]) -> Vec<(String, Vec<PrivSet>)> {
        let mut found: Vec<(String, Vec<PrivSet>)> = Vec::new();
        let mut add = |path: &str, item: PrivSet| {
            if item == PrivSet::EMPTY {
                return;
            }
            match found.iter_mut().find(|(known, _)| known == path) {
                Some((_, items)) => items.push(item),
                None => found.push((path.to_owned(), vec![item])),
            }
        };
        let looked_up = |path: &str| {
            let anywhere = path_allowed(path.as_bytes(), RELEASE).then(checked_anywhere).unwrap_or_default();
            checked_on(path.as_bytes(), RELEASE) | anywhere
        };
        let below = |top: &str| -> Vec<String> {
            let inside = |path: &str| path != top && (top == "/" || path.starts_with(&format!("{top}/")));
            let pools = self.pools.iter().filter(|(pool, _)| pool == top || inside(pool));
            let members = pools.flat_map(|(_, members)| members);
            self.places.iter().filter(|path| inside(path)).chain(members).cloned().collect()
        };
        for name in names {
            let (is_below, path) = name.strip_prefix("below ").map_or((false, *name), |path| (true, path));
            for item in items {
                if is_below {
                    below(path).iter().for_each(|place| add(place, *item & looked_up(place)));
                } else if let Some(front) = path.strip_suffix('*') {
                    let places = self.places.iter().filter(|place| place.starts_with(front));
                    places.for_each(|place| add(place, *item & looked_up(place)));
                } else {
                    let members = if path.starts_with("/pool") {
                        looked_up("/vms/100") | looked_up("/storage/s1")
                    } else {
                        PrivSet::EMPTY
                    };
                    let special = *item - checked_anywhere();
                    if special == PrivSet::EMPTY || special.intersects(checked_on(path.as_bytes(), RELEASE)) {
                        add(path, *item);
                    } else if item.intersects(checked_below(path.as_bytes(), RELEASE) | members) {
                        add(path, *item);
                        below(path).iter().for_each(|place| add(place, *item & looked_up(place)));
                    }
                }
            }
        }
        found
    }

    fn can(&self, who: &str, (any_priv, any_path): (bool, bool), targets: &[(String, Vec<PrivSet>)]) -> bool {
        let on = |(path, items): &(String, Vec<PrivSet>)| {
            let have = self.access.effective(who.as_bytes(), path.as_bytes()).privs;
            let mut each = items.iter().map(|item| item.iter().all(|privilege| have.contains(privilege)));
            if any_priv { each.any(|has| has) } else { each.all(|has| has) }
        };
        if any_path { targets.iter().any(on) } else { targets.iter().all(on) }
    }

    /// Who breaks the statement: those who lack, and those who can.
    fn broken(&self, wanted: &Wanted) -> Option<(usize, usize)> {
        let listed = self.listed(&wanted.subjects);
        let targets = self.targets(&wanted.paths, &self.items(&wanted.privileges));
        if targets.is_empty() {
            return None;
        }
        let modes = |any: bool| (wanted.privilege_mode.unwrap_or(any), wanted.path_mode.unwrap_or(any));
        let owner = |id: &str| id.rsplit_once('!').map(|(owner, _)| owner.to_owned());
        let token_listed = |user: &str| listed.iter().any(|id| owner(id).as_deref() == Some(user));
        let exempt = |id: &String| {
            let user = |user: &str| listed.contains(user) || user == "root@pam";
            listed.contains(id)
                || match owner(id) {
                    None => user(id) || token_listed(id),
                    Some(owner) => user(&owner) && !token_listed(&owner),
                }
        };
        let lacks = listed.iter().filter(|id| !self.can(id, modes(false), &targets)).count();
        let listed_can = listed.iter().filter(|id| self.can(id, modes(true), &targets)).count();
        let others = self.everybody.iter().filter(|id| !exempt(id) && self.can(id, modes(true), &targets)).count();
        Some(match wanted.claim {
            "can" => (lacks, 0),
            "cannot" => (0, listed_can),
            "nobody" => (0, others),
            _ => (lacks, others),
        })
    }
}

fn set(name: &str) -> PrivSet {
    PrivSet::of(Priv::from_name(name.as_bytes()).unwrap())
}

#[derive(Clone, Debug)]
struct Wanted {
    claim: &'static str,
    subjects: Vec<&'static str>,
    privilege_mode: Option<bool>,
    privileges: Vec<&'static str>,
    path_mode: Option<bool>,
    paths: Vec<&'static str>,
}

impl Wanted {
    fn text(&self) -> String {
        let mode = |any: Option<bool>| any.map_or("", |any| if any { "any of " } else { "all of " });
        let subjects = self.subjects.join(", ");
        let head = match self.claim {
            "nobody" => format!("nobody but {subjects} can"),
            "only" => format!("only {subjects} can"),
            claim => format!("{subjects} {claim}"),
        };
        let (privileges, paths) = (self.privileges.join(" and "), self.paths.join(", and "));
        format!("{head} {}{privileges} on {}{paths}", mode(self.privilege_mode), mode(self.path_mode))
    }
}

fn some(of: &'static [&'static str]) -> impl Strategy<Value = Vec<&'static str>> {
    proptest::sample::subsequence(of, 1..=3)
}

fn wanted() -> impl Strategy<Value = Wanted> {
    let mode = || proptest::option::of(any::<bool>());
    (
        proptest::sample::select(&["can", "cannot", "nobody", "only"][..]),
        some(&["u1@pve", "u2@pve", "u1@pve!t1", "root@pam!rt", "@g1", "@g2", "*@pve", "*!*"]),
        mode(),
        some(&["VM.Audit", "VM.Console", "Datastore.Audit", "Sys.Modify", "Permissions.Modify", "VM.A*", "Reader"]),
        mode(),
        some(&[
            "/",
            "/vms",
            "/vms/100",
            "/vms/*",
            "/storage",
            "/storage/s1",
            "/pool/p1",
            "/pool",
            "below /pool/p1",
            "below /",
            "/*",
        ]),
    )
        .prop_map(|(claim, subjects, privilege_mode, privileges, path_mode, paths)| Wanted {
            claim,
            subjects,
            privilege_mode,
            privileges,
            path_mode,
            paths,
        })
}

fn acl() -> impl Strategy<Value = String> {
    (
        any::<bool>(),
        proptest::sample::select(
            &["/", "/vms", "/vms/100", "/vms/102", "/storage", "/storage/s1", "/pool/p1", "/pool"][..],
        ),
        proptest::sample::select(
            &["u1@pve", "u2@pve", "u3@pve", "u1@pve!t1", "u2@pve!t2", "root@pam!rt", "@g1", "@g2"][..],
        ),
        proptest::sample::select(
            &["Reader", "PVEVMUser", "PVEAuditor", "NoAccess", "Administrator", "PVEDatastoreUser"][..],
        ),
    )
        .prop_map(|(propagate, path, who, role)| format!("acl:{}:{path}:{who}:{role}:\n", u8::from(propagate)))
}

proptest! {
    #[test]
    fn the_judge_agrees_with_asking_one_by_one(acls in proptest::collection::vec(acl(), 0..8), wanted in wanted()) {
        let mut text = "user:root@pam:1:0:::::\nuser:u1@pve:1:0:::::\nuser:u2@pve:1:0:::::\nuser:u3@pve:1:0:::::\n\
            token:u1@pve!t1:0:1::\ntoken:u1@pve!t3:0:1::\ntoken:u2@pve!t2:0:0::\ntoken:root@pam!rt:0:1::\n\
            group:g1:u1@pve,u3@pve::\ngroup:g2:u2@pve::\npool:p1::100,101:s1:\nrole:Reader:VM.Audit,Datastore.Audit:\n".to_owned();
        text.extend(acls);
        let sources = Sources::from_bytes("user.cfg", text.clone().into_bytes(), &LoadOptions::default()).unwrap();
        let cluster = Cluster::load(&sources, &sources.trees[0], TreeId(0), Some(RELEASE));
        let cfg = UserCfg::parse(text.as_bytes(), RELEASE);
        let access = Access::new(&cfg);
        let statement = wanted.text();
        let stated = Stated::new(statement.clone(), None, Span::default(), b"");
        prop_assert!(stated.read.is_ok(), "{statement}: {:?}", stated.read);
        let policy = Policy { file: FileId(0), statements: vec![stated] };
        let problems = judge(&policy, &cluster, &access).remove(0);
        let count = |can| problems.iter().map(|problem| match problem {
            Problem::Broken(breach) if breach.can == can => breach.count,
            _ => 0,
        }).sum::<usize>();
        let expected = Naive::new(&access).broken(&wanted);
        match expected {
            Some(expected) => prop_assert_eq!((count(false), count(true)), expected, "{}\n{}", statement, text),
            None => prop_assert!(problems.iter().all(|problem| matches!(problem, Problem::Void { .. })), "{}", statement),
        }
        for problem in &problems {
            // Every case that is named is one, and told by the engine.
            let Problem::Broken(breach) = problem else { continue };
            for case in &breach.cases {
                for privilege in case.privileges.iter() {
                    prop_assert_eq!(access.has(&case.subject, privilege, &case.path), breach.can, "{}", statement);
                }
                prop_assert!(!case.privileges.is_empty());
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused_at_a_place_in_it(
        words in proptest::collection::vec(
            prop_oneof![
                proptest::sample::select(&["nobody", "but", "only", "can", "cannot", "on", "any", "of", "all", "and", ",", "below",
                    "a@pve", "@g", "VM.*", "/vms", "\u{e4}\u{2003}", "\\", "\"", "'", "\n", "\u{1b}[31m"][..]).prop_map(str::to_owned),
                any::<String>(),
            ],
            0..12,
        ),
        glue in proptest::sample::select(&[" ", "", "  "][..]),
    ) {
        let text = words.join(glue);
        let value = toml_string(&text);
        let file = format!("# \u{e4}\n[[policy]]\nstatement = {value}\n");
        let settings = Settings::parse(&file).unwrap();
        let policy = settings.policy(&file, FileId(0)).unwrap();
        let stated = &policy.statements[0];
        prop_assert_eq!(&stated.text, &text);
        let parts: Vec<Span> = match &stated.read {
            Err(fault) => {
                prop_assert!(!fault.message.is_empty() && !fault.message.chars().any(char::is_control));
                vec![fault.span]
            }
            Ok(read) => {
                let paths = read.paths.names.iter().map(|path| path.span);
                read.subjects.iter().chain(&read.privileges.names).copied().chain(paths).collect()
            }
        };
        for part in parts {
            prop_assert!(text.get(part.range()).is_some(), "{part:?} in {text:?}");
            prop_assert!(file.get(stated.at(part).range()).is_some(), "{part:?} in {file:?}");
            if value == format!("\"{text}\"") && !text.is_empty() {
                prop_assert_eq!(&file[stated.at(part).range()], &text[part.range()]);
            }
        }
    }
}

/// `text` as a basic string of TOML.
fn toml_string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out + "\""
}
