//! The permission engine against a second one that is as simple as can be: sets of names, one rule after the other, from the
//! printed configuration. And the lines behind its answers.

use proptest::prelude::*;
use pvelint::access::{Access, Grid, Refusal, Step};
use pvelint::model::tables::access::{Priv, builtin_roles};
use pvelint::model::user::{SubjectKind, UserCfg, dump};
use pvelint::release::Release;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Roles to propagate bits, or privileges to propagate bits.
type Bits = BTreeMap<String, bool>;

/// The naive engine. Where two groups of a user give a role with different bits, PVE's answer varies; here the bit is set.
struct Naive {
    config: Value,
    roles: BTreeMap<String, BTreeSet<String>>,
}

impl Naive {
    fn new(cfg: &UserCfg<'_>) -> Self {
        let config = dump(cfg)["config"].take();
        let mut roles: BTreeMap<String, BTreeSet<String>> = builtin_roles(cfg.release)
            .map(|(name, privileges)| (name.to_owned(), privileges.iter().map(|one| one.name().to_owned()).collect()))
            .collect();
        for table in ["roles", "builtin_roles_modified"] {
            for (name, privileges) in config[table].as_object().into_iter().flatten() {
                roles.insert(name.clone(), strings(privileges));
            }
        }
        Self { config, roles }
    }

    fn entries(&self, path: &str, kind: &str, id: &str, last: bool) -> Bits {
        let entries = self.config["acl"].as_array().unwrap().iter();
        let mine = entries.filter(|entry| entry["path"] == path && entry["kind"] == kind && entry["id"] == id);
        let bits = mine.map(|entry| (entry["role"].as_str().unwrap().to_owned(), entry["propagate"] == 1));
        bits.filter(|(_, propagate)| last || *propagate).collect()
    }

    fn roles(&self, id: &str, path: &str) -> Bits {
        let mut nodes = vec!["/".to_owned()];
        for (at, _) in path.match_indices('/').skip(1) {
            nodes.push(path[..at].to_owned());
        }
        if path != "/" {
            nodes.push(path.to_owned());
        }
        let mut current = Bits::new();
        for node in &nodes {
            let last = node == path;
            let mut groups = Bits::new();
            for (group, info) in self.config["groups"].as_object().unwrap() {
                if strings(&info["users"]).contains(id) {
                    for (role, bit) in self.entries(node, "group", group, last) {
                        *groups.entry(role).or_default() |= bit;
                    }
                }
            }
            let candidates = [self.entries(node, "token", id, last), self.entries(node, "user", id, last), groups];
            if let Some(found) = candidates.into_iter().find(|candidate| !candidate.is_empty()) {
                current = found;
            }
        }
        if let Some(bit) = current.get("NoAccess") {
            return Bits::from([("NoAccess".to_owned(), *bit)]);
        }
        current
    }

    fn own(&self, id: &str, path: &str) -> Bits {
        let mut roles = self.roles(id, path);
        let mut pool_roles = BTreeSet::new();
        for (pool, info) in self.config["pools"].as_object().unwrap() {
            let member =
                |kind: &str, prefix: &str| strings(&info[kind]).iter().any(|one| path == format!("{prefix}{one}"));
            if member("vms", "/vms/") || member("storage", "/storage/") {
                pool_roles.extend(self.roles(id, &format!("/pool/{pool}")).into_keys());
            }
        }
        if !roles.contains_key("NoAccess") {
            if pool_roles.contains("NoAccess") {
                roles = Bits::from([("NoAccess".to_owned(), false)]);
            } else {
                for role in pool_roles {
                    roles.entry(role).or_insert(false);
                }
            }
        }
        let mut privileges = Bits::new();
        for (role, bit) in roles {
            for privilege in &self.roles[&role] {
                *privileges.entry(privilege.clone()).or_default() |= bit;
            }
        }
        privileges
    }

    fn effective(&self, id: &str, path: &str) -> Bits {
        if id == "root@pam" {
            return self.roles["Administrator"].iter().map(|privilege| (privilege.clone(), true)).collect();
        }
        let Some((owner, _)) = id.rsplit_once('!') else { return self.own(id, path) };
        let token = &self.config["tokens"][id];
        if token.is_null() {
            return Bits::new();
        }
        if token["privsep"] == 0 {
            return self.effective(owner, path);
        }
        let own = self.own(id, path);
        if owner == "root@pam" {
            return own;
        }
        let limit = self.own(owner, path);
        own.into_iter().filter_map(|(name, bit)| limit.get(&name).map(|other| (name, bit && *other))).collect()
    }
}

fn strings(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().map(|one| one.as_str().unwrap().to_owned()).collect()
}

pub(crate) const PATHS: [&str; 14] = [
    "/",
    "/vms",
    "/vms/100",
    "/vms/101",
    "/vms/100/x",
    "/storage",
    "/storage/st",
    "/storage/s2",
    "/pool",
    "/pool/p",
    "/pool/p/q",
    "/pool/z",
    "/nodes/n1",
    "/access",
];

/// Files in which everything refers to everything.
pub(crate) fn files() -> impl Strategy<Value = String> {
    use proptest::sample::{select, subsequence};
    let names = |all: &'static [&'static str], most: usize| subsequence(all, 0..=most).prop_map(|some| some.join(","));
    let users = || names(&["a@pve", "b@pve", "c@pve", "ghost@pve"], 4);
    let subjects = || {
        names(
            &["a@pve", "b@pve", "ghost@pve", "@g", "@h", "@k", "a@pve!full", "a@pve!sep", "root@pam!sep", "root@pam"],
            3,
        )
    };
    let roles = || names(&["NoAccess", "PVEAdmin", "PVEAuditor", "PVEVMUser", "PVEDatastoreUser", "empty", "own"], 2);
    let acl = (0..=1u8, select(&PATHS[..]), subjects(), roles())
        .prop_map(|(flag, path, who, what)| format!("acl:{flag}:{path}:{who}:{what}:\n"));
    let pool = (select(&["p", "p/q", "z"][..]), names(&["100", "101"], 2), names(&["st", "s2"], 2))
        .prop_map(|(pool, vms, storage)| format!("pool:{pool}::{vms}:{storage}:\n"));
    let group = (select(&["g", "h", "k"][..]), users()).prop_map(|(group, users)| format!("group:{group}:{users}::\n"));
    let extend =
        proptest::option::weighted(0.1, select(&["role:NoAccess:VM.Audit:\n", "role:PVEAuditor:VM.Console:\n"][..]));
    use proptest::collection::vec;
    (vec(group, 0..5), vec(pool, 0..4), vec(acl, 0..14), extend).prop_map(|(groups, pools, acls, extend)| {
        let head = "user:a@pve:1:0:\nuser:b@pve:1:0:\nuser:c@pve:1:0:\ntoken:a@pve!full:0:0::\ntoken:a@pve!sep:0:1::\n\
            token:root@pam!sep:0:1::\ntoken:root@pam!full:0:0::\nrole:empty::\nrole:own:VM.Audit,VM.PowerMgmt:\n";
        [head, extend.unwrap_or_default(), &groups.concat(), &pools.concat(), &acls.concat()].concat()
    })
}

fn bits(privs: pvelint::access::Privs) -> Bits {
    privs.privs.iter().map(|one| (one.name().to_owned(), privs.propagate.contains(one))).collect()
}

proptest! {
    #[test]
    fn both_engines_agree_and_every_answer_has_a_reason(text in files(), release in proptest::sample::select(&Release::ALL[..])) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let (access, naive) = (Access::new(&cfg), Naive::new(&cfg));
        let grid = Grid::new(&access, PATHS);
        let mut rows = grid.rows();
        let named = cfg.subjects.iter().filter(|one| one.kind != SubjectKind::Group).map(|one| one.id.to_string());
        for id in named.chain(["nobody@pve".to_owned(), "a@pve!none".to_owned(), "rubbish".to_owned()]) {
            let row = rows.row(id.as_bytes());
            for (nth, path) in PATHS.iter().enumerate() {
                let got = access.effective(id.as_bytes(), path.as_bytes());
                let want = naive.effective(&id, path);
                prop_assert_eq!(bits(got), want, "{} on {} in\n{}", id, path, text);
                prop_assert_eq!(row.get(nth), got, "row of {} on {} in\n{}", id, path, text);
                for privilege in ["VM.Audit", "VM.PowerMgmt", "Datastore.Audit", "Sys.Audit"] {
                    let privilege = Priv::from_name(privilege.as_bytes()).unwrap();
                    let derived = access.derive(id.as_bytes(), privilege, path.as_bytes());
                    let refused = access.why_not(id.as_bytes(), privilege, path.as_bytes());
                    prop_assert_eq!((derived.is_some(), refused.is_none()), (got.has(privilege), got.has(privilege)));
                }
            }
        }
    }
}

#[test]
fn a_derivation_names_every_line_it_rests_on() {
    let text = "user:a@pve:1:0:\ntoken:a@pve!ci:0:1::\ngroup:g:a@pve::\nrole:own:VM.Audit:\npool:p::100::\nacl:1:/pool:@g:own:\n\
        acl:0:/vms/100:a@pve!ci:PVEAuditor:\n";
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let access = Access::new(&cfg);
    let audit = Priv::from_name(b"VM.Audit").unwrap();
    let derived = access.derive(b"a@pve!ci", audit, b"/vms/100").unwrap();
    let [Step::Acl { entry, path, inherited: false }, Step::Role { role, listed: None }] = derived.steps.as_slice()
    else {
        panic!("{derived:?}")
    };
    assert_eq!((path.to_string().as_str(), role.to_string().as_str()), ("/vms/100", "PVEAuditor"));
    assert_eq!(&text[entry.subject_span.range()], "a@pve!ci");
    let owner = derived.owner.unwrap();
    let [
        Step::Member { group, span: member },
        Step::Acl { entry, inherited: true, .. },
        Step::Role { listed: Some(listed), .. },
        Step::Pool { pool, member: guest },
    ] = owner.steps.as_slice()
    else {
        panic!("{owner:?}")
    };
    assert_eq!((group.to_string().as_str(), pool.to_string().as_str()), ("g", "p"));
    assert_eq!(
        [member, &entry.line, listed, guest].map(|span| &text[span.range()]),
        ["a@pve", "acl:1:/pool:@g:own:", "VM.Audit", "100"]
    );
}

#[test]
fn a_refusal_names_what_took_the_right_away() {
    let power = Priv::from_name(b"VM.PowerMgmt").unwrap();
    let why = |lines: &str, subject: &str, check: fn(&Refusal<'_, '_>) -> bool| {
        let text = format!("user:a@pve:1:0:\ngroup:g:a@pve::\npool:p::100::\ntoken:a@pve!ci:0:1::\n{lines}\n");
        let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
        let refusal = Access::new(&cfg).why_not(subject.as_bytes(), power, b"/vms/100").unwrap();
        assert!(check(&refusal), "{lines}: {refusal:?}");
    };
    why("", "a@pve", |why| matches!(why, Refusal::NoEntry));
    why("", "a@pve!none", |why| matches!(why, Refusal::Unknown));
    why(
        "acl:1:/vms:a@pve:PVEAuditor:",
        "a@pve",
        |why| matches!(why, Refusal::Lacking { applied } if applied.len() == 1),
    );
    why(
        "acl:1:/vms:a@pve:PVEAdmin:\nacl:1:/vms/100:a@pve:PVEAuditor:",
        "a@pve",
        |why| matches!(why, Refusal::Replaced { had, by } if had.entry.line.start < by[0].entry.line.start),
    );
    why(
        "acl:1:/vms:@g:PVEVMAdmin:\nacl:1:/vms:a@pve:PVEAuditor:",
        "a@pve",
        |why| matches!(why, Refusal::Hidden { had, by } if had.member.is_some() && by[0].member.is_none()),
    );
    why("acl:0:/vms:a@pve:PVEVMAdmin:", "a@pve", |why| matches!(why, Refusal::NotPropagated { .. }));
    why("acl:1:/vms:a@pve:NoAccess:", "a@pve", |why| matches!(why, Refusal::NoAccess { pool: None, .. }));
    why(
        "acl:1:/pool/p:a@pve:NoAccess:\nacl:1:/vms/100:a@pve:PVEVMAdmin:",
        "a@pve",
        |why| matches!(why, Refusal::NoAccess { pool: Some(pool), .. } if *pool == "p"),
    );
    why(
        "acl:1:/vms:a@pve:PVEVMAdmin:",
        "a@pve!ci",
        |why| matches!(why, Refusal::Token { own: Some(own), owner: None } if **own == Refusal::NoEntry),
    );
    why(
        "acl:1:/vms:a@pve!ci:PVEVMAdmin:",
        "a@pve!ci",
        |why| matches!(why, Refusal::Token { own: None, owner: Some((user, _)) } if *user == "a@pve"),
    );
}
