//! Escalation: every edge with who may go it and who may not, chains that replay, and the fixpoint against one that is as
//! simple as can be: it changes the file and asks the permission engine again.

use proptest::prelude::*;
use pvelint::access::escalate::{Beginnings, By, Escalation, Fact, Goal, Reach, Reached, World};
use pvelint::access::{Access, Change, apply};
use pvelint::model::tables::access::{Priv, PrivSet, path_allowed};
use pvelint::model::user::{SubjectKind, UserCfg};
use pvelint::release::Release;
use std::collections::{BTreeMap, BTreeSet};

/// One VM, one container, one storage, one node.
fn world() -> World {
    World {
        guests: Some(vec![(100, true), (101, false)]),
        storages: Some(vec!["local".into()]),
        nodes: Some(vec!["pve1".into()]),
    }
}

/// `user@realm` for every name, then `rest`.
fn file(users: &[&str], rest: &str) -> String {
    let users: String = users.iter().map(|user| format!("user:{user}:1:0::::::\n")).collect();
    format!("{users}{rest}\n")
}

fn reached(text: &str, release: Release, subject: &str, world: &World) -> Reached {
    let cfg = UserCfg::parse(text.as_bytes(), release);
    let access = Access::new(&cfg);
    let reached = Escalation::new(&access, world).of(subject.as_bytes());
    let full = access.effective(subject.as_bytes(), b"/").privs == PrivSet::all(release);
    assert_eq!(reached.full, full);
    reached
}

/// The goals as `REACH: what it is <- edge, edge`.
fn goals_in(text: &str, release: Release, subject: &str) -> Vec<String> {
    let cfg = UserCfg::parse(text.as_bytes(), release);
    let access = Access::new(&cfg);
    let world = world();
    let escalation = Escalation::new(&access, &world);
    let edges = |goal: &Goal| goal.steps.iter().map(|step| step.edge.id()).collect::<Vec<_>>().join(", ");
    let shown = |goal: &Goal| format!("{:?}: {} <- {}", goal.reach, escalation.goal(goal), edges(goal));
    escalation.of(subject.as_bytes()).goals.iter().map(shown).collect()
}

fn goals(text: &str, subject: &str) -> Vec<String> {
    goals_in(text, Release::Pve9, subject)
}

/// Whether one of the goals ends with that edge, and its text holds `what`.
fn has(goals: &[String], edge: &str, what: &str) -> bool {
    let ends = |goal: &String| goal.rsplit(['-', ',']).next().is_some() && goal.ends_with(edge);
    goals.iter().any(|goal| ends(goal) && goal.contains(what))
}

fn assert_none(text: &str, subject: &str, edge: &str) {
    let goals = goals(text, subject);
    assert!(!goals.iter().any(|goal| goal.contains(edge)), "{edge} in {goals:#?}\n{text}");
}

#[test]
fn grant_any_role() {
    let text = file(&["a@pve"], "role:pm:Permissions.Modify:\nacl:1:/vms:a@pve:pm:");
    let found = goals(&text, "a@pve");
    assert!(has(&found, "grant-any-role", "Privileges: give itself Administrator on /vms"), "{found:#?}");
    // Below the path too, and even if the right itself doesn't propagate.
    let text = file(&["a@pve"], "role:pm:Permissions.Modify:\nacl:0:/:a@pve:pm:");
    assert!(has(&goals(&text, "a@pve"), "<- grant-any-role", "Administrator: become administrator"));
    // Not where a deeper ACL for the same subject stands in the way.
    let text = file(&["a@pve"], "role:pm:Permissions.Modify:\nacl:1:/vms:a@pve:pm:\nacl:1:/vms/100:a@pve:PVEAuditor:");
    let found = goals(&text, "a@pve");
    assert!(!has(&found, "guest-root", "guest 100"), "{found:#?}");
    assert!(has(&found, "copy-data", "guest 101"), "{found:#?}");
    // Allocating is delegation, from PVE 8 on; in PVE 7 anything may be given.
    let text = file(&["a@pve"], "acl:1:/vms/100:a@pve:PVEVMAdmin:");
    assert_none(&text, "a@pve", "grant-any-role");
    assert!(has(&goals_in(&text, Release::Pve7, "a@pve"), "grant-any-role", "on /vms/100"));
    let text = file(&["a@pve"], "acl:1:/vms:a@pve:PVEVMAdmin:");
    assert!(goals_in(&text, Release::Pve7, "a@pve").iter().all(|goal| !goal.contains("on /vms <-")));
}

#[test]
fn delegation_is_told_apart() {
    let text = file(&["a@pve", "b@pve"], "acl:1:/vms:a@pve:PVEVMAdmin:\nacl:1:/vms:b@pve:PVEVMUser:");
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let access = Access::new(&cfg);
    let world = world();
    let escalation = Escalation::new(&access, &world);
    let delegates = escalation.delegates(b"a@pve");
    let paths: Vec<_> = delegates.iter().map(|(by, place)| (by.name(), place.path.to_string())).collect();
    assert_eq!(paths, [("VM.Allocate", "/vms/100".to_owned()), ("VM.Allocate", "/vms/101".to_owned())]);
    assert!(escalation.delegates(b"b@pve").is_empty());
}

#[test]
fn edit_own_role() {
    let role = "role:dev:VM.Audit:\nrole:sys:Sys.Modify:\n";
    let text = file(&["a@pve"], &format!("{role}acl:1:/access:a@pve:sys:\nacl:1:/vms:a@pve:dev:"));
    let found = goals(&text, "a@pve");
    assert!(has(&found, "<- edit-own-role, mint-token", "Administrator"), "{found:#?}");
    assert!(has(&found, "edit-own-role, guest-root", "guest 100"), "{found:#?}");
    // On `/` the role becomes Administrator.
    let text = file(&["a@pve"], &format!("{role}acl:1:/:a@pve:sys:"));
    assert!(has(&goals(&text, "a@pve"), "<- edit-own-role", "Administrator"));
    // Sys.Modify elsewhere isn't the right to change roles.
    let text = file(&["a@pve"], &format!("{role}acl:1:/nodes:a@pve:sys:\nacl:1:/vms:a@pve:dev:"));
    assert_none(&text, "a@pve", "edit-own-role");
    // A role of the file that one doesn't have is of no use.
    let text = file(&["a@pve"], &format!("{role}acl:1:/nodes:a@pve:dev:\nacl:1:/access:a@pve:PVESysAdmin:"));
    assert_none(&text, "a@pve", "edit-own-role");
}

/// The callers that were tried on PVE's own code.
#[test]
fn mint_token_of_root() {
    for (path, role) in
        [("/", "PVEAdmin"), ("/access", "PVEUserAdmin"), ("/access/groups", "PVEUserAdmin"), ("/", "PVEUserAdmin")]
    {
        let text = file(&["root@pam", "a@pve"], &format!("acl:1:{path}:a@pve:{role}:"));
        assert!(has(&goals(&text, "a@pve"), "<- mint-token", "Administrator"), "{role} on {path}");
    }
    for (path, role) in [
        ("/access", "PVESysAdmin"),
        ("/storage", "PVEDatastoreAdmin"),
        ("/access/groups/ops", "PVEUserAdmin"),
        ("/access/realm", "PVEUserAdmin"),
    ] {
        let text = file(&["root@pam", "a@pve"], &format!("group:ops:a@pve:\nacl:1:{path}:a@pve:{role}:"));
        assert_none(&text, "a@pve", "Administrator");
    }
    let administrator = file(&["root@pam", "a@pve"], "acl:1:/:a@pve:Administrator:");
    assert!(reached(&administrator, Release::Pve9, "a@pve", &world()).full);
    // Nobody logs in with a token of a disabled user, and root@pam isn't enabled by others.
    let text = "user:root@pam:0:0::::::\nuser:a@pve:1:0::::::\nacl:1:/access:a@pve:PVEUserAdmin:\n";
    assert_none(text, "a@pve", "Administrator");
}

#[test]
fn mint_token_of_members() {
    let rest =
        "group:ops:o@pve:\ngroup:other:p@pve:\nacl:1:/vms:@ops:PVEVMAdmin:\nacl:1:/storage:p@pve:PVEDatastoreAdmin:\n";
    let text = file(&["a@pve", "o@pve", "p@pve"], &format!("{rest}acl:1:/access/groups/ops:a@pve:PVEUserAdmin:"));
    let found = goals(&text, "a@pve");
    assert!(has(&found, "<- mint-token", "Privileges: make a token of o@pve"), "{found:#?}");
    assert!(found.iter().all(|goal| !goal.contains("p@pve")), "{found:#?}");
    // root@pam in a group is a member like any other.
    let text = file(&["root@pam", "a@pve"], "group:ops:root@pam:\nacl:1:/access/groups/ops:a@pve:PVEUserAdmin:");
    assert!(has(&goals(&text, "a@pve"), "<- mint-token", "Administrator"));
    // A token that may only a part of what its user may can make itself one that may all.
    let text = file(
        &["a@pve"],
        "token:a@pve!tok:0:1::\ngroup:me:a@pve:\nacl:1:/vms:a@pve:PVEVMAdmin:\nacl:1:/access/groups/me:a@pve,a@pve!tok:PVEUserAdmin:",
    );
    assert!(has(&goals(&text, "a@pve!tok"), "<- mint-token", "make a token of a@pve"));
    assert_none(&text, "a@pve", "mint-token");
}

#[test]
fn reset_password() {
    let group = "group:ops:o@pve,q@pam,r@corp:\nacl:1:/access/groups/ops:a@pve:PVEUserAdmin:\n";
    let shell = "acl:1:/nodes:@ops:PVESysAdmin:\n";
    let users = ["a@pve", "o@pve", "q@pam", "r@corp"];
    let text = file(&users, &format!("{group}{shell}acl:1:/access/realm:a@pve:PVEUserAdmin:"));
    let found = goals(&text, "a@pve");
    // A token opens no shell; a password does.
    assert!(has(&found, "<- reset-password, node-shell", "node pve1"), "{found:#?}");
    assert!(
        found.iter().all(|goal| !goal.contains("log in as q@pam") && !goal.contains("log in as r@corp")),
        "{found:#?}"
    );
    // Without the right to the realm there is only the token.
    let text = file(&users, &format!("{group}{shell}"));
    assert_none(&text, "a@pve", "reset-password");
    assert_none(&text, "a@pve", "node-shell");
    // A token can't set passwords.
    let text = file(&users, &format!("{group}{shell}token:a@pve!tok:0:0::\nacl:1:/access/realm:a@pve:PVEUserAdmin:"));
    assert_none(&text, "a@pve!tok", "reset-password");
}

#[test]
fn join_group() {
    let rest = "group:mine:a@pve:\ngroup:strong::\nacl:1:/vms:@strong:PVEVMAdmin:\n";
    let wanted = "acl:1:/access/groups/strong:a@pve:PVEUserAdmin:\n";
    let own = "acl:1:/access/groups/mine:a@pve:PVEUserAdmin:\n";
    let found = goals(&file(&["a@pve"], &format!("{rest}{wanted}{own}")), "a@pve");
    assert!(has(&found, "<- join-group", "Privileges: put a@pve into group strong"), "{found:#?}");
    assert_none(&file(&["a@pve"], &format!("{rest}{wanted}")), "a@pve", "join-group");
    assert_none(&file(&["a@pve"], &format!("{rest}{own}")), "a@pve", "join-group");
    // What a user has by an ACL of its own hides what the group has on the same path.
    let hidden = format!("{rest}{wanted}{own}acl:1:/vms:a@pve:PVEAuditor:");
    assert_none(&file(&["a@pve"], &hidden), "a@pve", "join-group");
}

#[test]
fn own_realm() {
    let rest = "role:realm:Realm.Allocate:\nacl:1:/:x@corp:Administrator:\nacl:1:/:y@pve:Administrator:\n";
    let users = ["a@pve", "x@corp", "y@pve"];
    let found = goals(&file(&users, &format!("{rest}acl:1:/access/realm:a@pve:realm:")), "a@pve");
    assert!(has(&found, "<- own-realm", "Administrator"), "{found:#?}");
    assert_none(&file(&users, &format!("{rest}acl:1:/access/realm/corp:a@pve:realm:")), "a@pve", "own-realm");
    // Who is disabled stays so.
    let text = file(&users, &format!("{rest}acl:1:/access/realm:a@pve:realm:"));
    assert_none(&text.replace("user:x@corp:1", "user:x@corp:0"), "a@pve", "own-realm");
    // The realms that are built in stay as they are.
    let rest = "role:realm:Realm.Allocate:\nacl:1:/:y@pve:Administrator:\nacl:1:/access/realm:a@pve:realm:";
    assert_none(&file(&["a@pve", "y@pve"], rest), "a@pve", "own-realm");
}

#[test]
fn sync_realm() {
    let text = |groups: &str, realm: &str| {
        let acl = format!("acl:1:{groups}:a@pve:um:\nacl:1:{realm}:a@pve:ru:");
        format!(
            "user:root@pam:0:0::::::\n{}",
            file(&["a@pve", "x@corp"], &format!("role:um:User.Modify:\nrole:ru:Realm.AllocateUser:\n{acl}"))
        )
    };
    let found = goals(&text("/access/groups", "/access/realm/corp"), "a@pve");
    assert!(has(&found, "<- sync-realm", "realm corp"), "{found:#?}");
    assert_none(&text("/access/groups/g", "/access/realm/corp"), "a@pve", "sync-realm");
    assert_none(&text("/access/groups", "/access/realm/pve"), "a@pve", "sync-realm");
}

#[test]
fn map_host_dir_and_devices() {
    let text = |mapping: &str, vm: &str| {
        file(&["a@pve"], &format!("role:vm:VM.Config.Disk,VM.PowerMgmt:\nrole:hw:VM.Config.HWType:\n{mapping}\n{vm}"))
    };
    let all = "acl:1:/mapping:a@pve:PVEMappingAdmin:";
    let found = goals(&text(all, "acl:1:/vms/100:a@pve:vm:"), "a@pve");
    assert!(has(&found, "<- map-host-dir", "NodeRoot: become root on a node"), "{found:#?}");
    assert!(!has(&found, "map-host-device", ""), "{found:#?}");
    // A container takes no such mapping, and using one isn't making one.
    assert_none(&text(all, "acl:1:/vms/101:a@pve:vm:"), "a@pve", "map-host-dir");
    assert_none(&text("acl:1:/mapping:a@pve:PVEMappingUser:", "acl:1:/vms:a@pve:vm:"), "a@pve", "map-host-dir");
    assert_none(&text(all, "role:disk:VM.Config.Disk:\nacl:1:/vms:a@pve:disk:"), "a@pve", "map-host-dir");
    // An existing mapping can be pointed elsewhere.
    let one = text("acl:1:/mapping/dir/share:a@pve:PVEMappingAdmin:", "acl:1:/vms/100:a@pve:vm:");
    assert!(has(&goals(&one, "a@pve"), "<- map-host-dir", "NodeRoot"));
    for kind in ["pci", "usb"] {
        let acl = format!("acl:1:/mapping/{kind}:a@pve:PVEMappingAdmin:");
        let found = goals(&text(&acl, "acl:1:/vms/100:a@pve:hw:"), "a@pve");
        assert!(has(&found, "<- map-host-device", "Host: map"), "{found:#?}");
        assert_none(&text(&acl, "acl:1:/vms/101:a@pve:hw:"), "a@pve", "map-host-device");
    }
    // PVE 7 has no mappings.
    assert!(
        goals_in(&text(all, "acl:1:/vms/100:a@pve:vm:"), Release::Pve7, "a@pve")
            .iter()
            .all(|goal| !goal.contains("map-host"))
    );
}

#[test]
fn define_storage() {
    let on = |path: &str| file(&["a@pve"], &format!("acl:1:{path}:a@pve:PVEDatastoreAdmin:"));
    assert!(has(&goals(&on("/storage"), "a@pve"), "<- define-storage", "Host: define any storage"));
    assert_none(&on("/storage/local"), "a@pve", "define-storage");
}

#[test]
fn node_admin_and_shell() {
    let on = |path: &str, role: &str| file(&["a@pve"], &format!("role:sys:Sys.Modify:\nacl:1:{path}:a@pve:{role}:"));
    assert!(has(
        &goals(&on("/nodes/pve1", "sys"), "a@pve"),
        "<- node-admin",
        "Host: change network, DNS, packages and certificates of node pve1"
    ));
    assert_none(&on("/nodes/gone", "sys"), "a@pve", "node-admin");
    assert_none(&on("/access", "sys"), "a@pve", "node-admin");
    assert!(has(
        &goals(&on("/nodes/pve1", "PVESysAdmin"), "a@pve"),
        "<- node-shell",
        "Guest: open the login prompt of node pve1"
    ));
    assert_none(&on("/access", "PVESysAdmin"), "a@pve", "node-shell");
    // In PVE 7 only users of realm pam get one.
    assert!(goals_in(&on("/nodes/pve1", "PVEAuditor"), Release::Pve7, "a@pve").is_empty());
    let pam = file(&["a@pam", "a@pve"], "role:console:Sys.Console:\nacl:1:/nodes/pve1:a@pam,a@pve:console:");
    assert!(has(&goals_in(&pam, Release::Pve7, "a@pam"), "<- node-shell", "pve1"));
    assert!(goals_in(&pam, Release::Pve7, "a@pve").is_empty());
}

#[test]
fn guest_root_and_copy_data() {
    let with =
        |privilege: &str, more: &str| file(&["a@pve"], &format!("role:r:{privilege}:\nacl:1:/vms:a@pve:r:\n{more}"));
    for privilege in ["VM.GuestAgent.Unrestricted", "VM.GuestAgent.FileWrite"] {
        let found = goals(&with(privilege, ""), "a@pve");
        assert_eq!(found, ["Guest: become root inside guest 100 <- guest-root"], "{privilege}");
    }
    assert!(goals(&with("VM.GuestAgent.FileRead,VM.Console", ""), "a@pve").is_empty());
    for release in [Release::Pve7, Release::Pve8] {
        assert!(has(&goals_in(&with("VM.Monitor", ""), release, "a@pve"), "<- guest-root", "guest 100"));
    }
    assert!(goals(&with("VM.Monitor", ""), "a@pve").is_empty());
    for privilege in ["VM.Clone", "VM.Snapshot"] {
        assert_eq!(goals(&with(privilege, ""), "a@pve"), ["Guest: copy the disks of guests 100 and 101 <- copy-data"]);
    }
    assert!(goals(&with("VM.Backup", ""), "a@pve").is_empty());
    let space = "acl:1:/storage/local:a@pve:PVEDatastoreUser:";
    assert_eq!(goals(&with("VM.Backup", space), "a@pve"), ["Guest: copy the disks of guests 100 and 101 <- copy-data"]);
}

#[test]
fn pool_pull() {
    let rest = "pool:wide::::\npool:old::100::\nrole:va:VM.Allocate:\nacl:1:/vms/100:a@pve:va:\nacl:1:/pool/wide:a@pve:PVEPoolAdmin,PVEVMUser:\n";
    let old = "acl:1:/pool/old:a@pve:PVEPoolAdmin:\n";
    let found = goals(&file(&["a@pve"], &format!("{rest}{old}")), "a@pve");
    assert!(has(&found, "<- pool-pull", "Privileges: put guest 100 into pool wide"), "{found:#?}");
    // It has to be let go by the pool that it is in, and the object has to be the caller's to give.
    assert_none(&file(&["a@pve"], rest), "a@pve", "pool-pull");
    let user = rest.replace("a@pve:va:", "a@pve:PVEVMUser:");
    assert_none(&file(&["a@pve"], &format!("{user}{old}")), "a@pve", "pool-pull");
}

#[test]
fn chains_are_the_shortest() {
    // b can become administrator in one step, a by b in two, and by a detour over c in three.
    let rest = "group:b:b@pve:\ngroup:c:c@pve:\nacl:1:/access:b@pve:PVEUserAdmin:\n\
        acl:1:/access/groups/b:a@pve,c@pve:PVEUserAdmin:\nacl:1:/access/groups/c:a@pve:PVEUserAdmin:\n";
    let text = file(&["root@pam", "a@pve", "b@pve", "c@pve"], rest);
    assert_eq!(
        goals(&text, "a@pve"),
        ["Administrator: become administrator: every privilege on every path <- mint-token, mint-token"]
    );
    assert_eq!(goals(&text, "b@pve").len(), 1);
}

#[test]
fn everybody_is_told_once() {
    let rest = "token:a@pve!full:0:0::\ntoken:a@pve!own:0:1::\ngroup:desk:a@pve,b@pve:\n\
        acl:1:/access:@desk,a@pve!own:PVEUserAdmin:\n";
    let text = file(&["root@pam", "a@pve", "b@pve", "c@pve"], rest);
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let access = Access::new(&cfg);
    let world = World::default();
    let escalation = Escalation::new(&access, &world);
    let everybody = escalation.everybody();
    let names = |reached: &Reached| reached.who.iter().map(|who| cfg.subject_id(*who).to_string()).collect::<Vec<_>>();
    let who: Vec<_> = everybody.iter().map(|reached| (names(reached).join(" "), reached.goals.len())).collect();
    assert_eq!(who, [("a@pve a@pve!full b@pve".to_owned(), 1), ("c@pve".to_owned(), 0), ("a@pve!own".to_owned(), 1)]);
    for reached in &everybody {
        let alone = escalation.of(names(reached)[0].as_bytes());
        assert_eq!(alone.goals, reached.goals);
    }
}

// ---- on random files ----

const USERS: [&str; 4] = ["a@pve", "b@pve", "c@pve", "d@corp"];
const ROLES: [&str; 9] =
    ["R1", "R2", "R3", "PVEUserAdmin", "PVEVMAdmin", "PVEPoolAdmin", "PVEAuditor", "NoAccess", "PVEMappingAdmin"];
const POWERS: [&str; 10] = [
    "Permissions.Modify",
    "User.Modify",
    "Sys.Modify",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "VM.Allocate",
    "Pool.Allocate",
    "VM.Audit",
    "VM.PowerMgmt",
    "Mapping.Modify",
];
const PATHS: [&str; 16] = [
    "/",
    "/vms",
    "/vms/100",
    "/vms/101",
    "/pool",
    "/pool/p",
    "/pool/q",
    "/access",
    "/access/groups",
    "/access/groups/g",
    "/access/groups/h",
    "/access/realm",
    "/access/realm/corp",
    "/nodes/pve1",
    "/mapping/dir",
    "/storage/local",
];

fn files() -> impl Strategy<Value = String> {
    let role = proptest::collection::vec(proptest::sample::select(&POWERS[..]), 1..3);
    let roles = proptest::collection::vec(role, 3);
    let member = || proptest::collection::vec(proptest::sample::select(&USERS[..]), 0..3);
    let subject = proptest::sample::select(vec!["a@pve", "b@pve", "c@pve", "d@corp", "@g", "@h", "a@pve!tok"]);
    let acl = (any::<bool>(), proptest::sample::select(&PATHS[..]), subject, proptest::sample::select(&ROLES[..]));
    let acls = proptest::collection::vec(acl, 1..8);
    (roles, member(), member(), any::<bool>(), any::<bool>(), acls).prop_map(|(roles, g, h, privsep, pooled, acls)| {
        let mut text = file(&["root@pam"], "");
        for user in USERS {
            text.push_str(&format!("user:{user}:1:0::::::\n"));
        }
        text.push_str(&format!("token:a@pve!tok:0:{}::\n", u8::from(privsep)));
        text.push_str(&format!("group:g:{}:\ngroup:h:{}:\n", g.join(","), h.join(",")));
        text.push_str(&format!("pool:p::{}:local:\npool:q::::\n", if pooled { "100" } else { "" }));
        for (nth, role) in (1..).zip(roles) {
            text.push_str(&format!("role:R{nth}:{}:\n", role.join(",")));
        }
        for (propagate, path, subject, role) in acls {
            text.push_str(&format!("acl:{}:{path}:{subject}:{role}:\n", u8::from(propagate)));
        }
        text
    })
}

type Rights = BTreeMap<String, PrivSet>;

/// The fixpoint as the reference tells it: every edge is gone by changing the file and asking again.
struct Naive<'t> {
    text: &'t str,
    release: Release,
    paths: Vec<String>,
    subject: &'t str,
    rights: Rights,
    users: BTreeSet<String>,
}

impl Naive<'_> {
    fn of(&self, text: &[u8], subject: &str) -> Rights {
        let cfg = UserCfg::parse(text, self.release);
        let access = Access::new(&cfg);
        self.paths
            .iter()
            .map(|path| (path.clone(), access.effective(subject.as_bytes(), path.as_bytes()).privs))
            .collect()
    }

    fn on(&self, privilege: &str, path: &str) -> bool {
        let privilege = Priv::from_name(privilege.as_bytes()).unwrap();
        self.rights.get(path).is_some_and(|has| has.contains(privilege))
    }

    fn round(&self) -> (Vec<Rights>, BTreeSet<String>) {
        let cfg = UserCfg::parse(self.text.as_bytes(), self.release);
        let text = self.text.as_bytes();
        let everything = PrivSet::all(self.release);
        let user = !self.subject.contains('!');
        let privsep = cfg.token(self.subject.as_bytes()).is_some_and(|token| token.privsep.value);
        let grantee = self.subject.split('!').next().unwrap();
        let (mut more, mut users) = (Vec::new(), BTreeSet::new());
        for path in self.paths.iter().filter(|path| path_allowed(path.as_bytes(), self.release)) {
            let allocate = match path {
                _ if path.starts_with("/vms/") => self.on("VM.Allocate", path),
                _ if path.starts_with("/storage/") => self.on("Datastore.Allocate", path),
                _ if path.starts_with("/pool/") => self.on("Pool.Allocate", path),
                _ => false,
            };
            let any = self.on("Permissions.Modify", path) || (self.release == Release::Pve7 && allocate);
            if any {
                more.push(Rights::from([(path.clone(), everything)]));
                if !privsep {
                    // All that is there already on the path has to make way: NoAccess would leave nothing beside it.
                    let mine = cfg.acl.iter().filter(|entry| {
                        cfg.tree.path(entry.node) == path.as_str()
                            && cfg
                                .subject(entry.subject)
                                .is_some_and(|one| one.kind == SubjectKind::User && one.id == grantee)
                    });
                    let mut changes: Vec<_> = mine.map(|entry| Change::revoke(&cfg, entry)).collect();
                    changes.push(Change::Grant {
                        path: path.as_str().into(),
                        kind: SubjectKind::User,
                        id: grantee.into(),
                        roles: vec!["Administrator".into()],
                        propagate: true,
                    });
                    let mut granted = self.of(&apply(&cfg, &changes), grantee);
                    // What comes by way of pools is told by the paths of the members themselves.
                    granted.retain(|at, _| at == path || path == "/" || at.starts_with(&format!("{path}/")));
                    more.push(granted);
                }
            }
            if allocate || self.on("Permissions.Modify", path) {
                let old = path.strip_prefix("/vms/").and_then(|vmid| cfg.pool_of_vm(vmid.as_bytes()));
                let free = old.is_none_or(|old| self.on("Pool.Allocate", &format!("/pool/{}", old.name.value)));
                if (path.starts_with("/vms/") || path.starts_with("/storage/")) && free {
                    for pool in
                        self.paths.iter().filter(|pool| pool.starts_with("/pool/") && self.on("Pool.Allocate", pool))
                    {
                        more.push(Rights::from([(path.clone(), self.rights[pool])]));
                    }
                }
            }
        }
        if self.on("Sys.Modify", "/access") {
            let custom = cfg.roles.iter().filter(|role| role.builtin.is_none());
            let changes: Vec<_> =
                custom.map(|role| Change::ExtendRole { name: role.name.into(), privileges: everything }).collect();
            let extended = apply(&cfg, &changes);
            for who in self.users.iter().map(String::as_str).chain([self.subject]) {
                more.push(self.of(&extended, who));
            }
        }
        let manages = |group: &str| {
            self.on("User.Modify", "/access/groups") || self.on("User.Modify", &format!("/access/groups/{group}"))
        };
        let members = |group: &str| -> Vec<String> {
            let group = cfg.group(group.as_bytes()).unwrap();
            group.members.iter().map(|member| cfg.subject_id(member.value).to_string()).collect()
        };
        if self.on("User.Modify", "/access/groups") {
            users.extend(cfg.users.iter().map(|user| user.id.value.to_string()));
        }
        for group in ["g", "h"].into_iter().filter(|group| manages(group)) {
            users.extend(members(group));
        }
        if self.on("Realm.Allocate", "/access/realm") {
            users.insert("d@corp".to_owned());
        }
        users.remove(self.subject);
        let me = user.then_some(self.subject);
        for who in self.users.iter().map(String::as_str).chain(me) {
            let mine =
                ["g", "h"].into_iter().any(|group| manages(group) && members(group).iter().any(|one| one == who));
            for group in ["g", "h"].into_iter().filter(|group| manages(group)) {
                if mine || self.on("User.Modify", "/access/groups") {
                    let joined = format!("{}group:{group}:{who}:\n", self.text);
                    more.push(self.of(joined.as_bytes(), who));
                }
            }
        }
        more.extend(users.iter().map(|who| self.of(text, who)));
        (more, users)
    }

    fn run(mut self) -> Rights {
        self.rights = self.of(self.text.as_bytes(), self.subject);
        loop {
            let before = (self.rights.clone(), self.users.clone());
            if self.rights["/"] == PrivSet::all(self.release) {
                return self.rights;
            }
            let (more, users) = self.round();
            for (path, bits) in more.into_iter().flatten() {
                *self.rights.entry(path).or_default() |= bits;
            }
            self.users.extend(users);
            if before == (self.rights.clone(), self.users.clone()) {
                return self.rights;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Whom the rule leaves out has no chain that it would tell of.
    #[test]
    fn who_cannot_begin_reaches_nothing_of_weight(
        text in files(), release in proptest::sample::select(&Release::ALL[..])
    ) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        let world = world();
        let escalation = Escalation::new(&access, &world);
        for reached in escalation.everybody() {
            let weighty = reached.goals.iter().any(|goal| goal.reach <= Reach::NodeRoot);
            let begins = Beginnings::of(&access).can_begin(reached.who[0]);
            prop_assert!(begins || !weighty, "{:?} in\n{}", reached, text);
        }
    }

    /// The fixpoint is that of the naive one, and never less than there was.
    #[test]
    fn the_fixpoint_is_the_naive_one(text in files(), release in proptest::sample::select(&Release::ALL[..])) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        let world = world();
        let escalation = Escalation::new(&access, &world);
        for subject in USERS.into_iter().chain(["a@pve!tok"]) {
            let rights = escalation.rights(subject.as_bytes());
            let ours: Rights = rights
                .iter()
                .flat_map(|(place, has)| place.some.iter().map(|path| (path.to_string(), *has)))
                .collect();
            for (path, has) in &ours {
                prop_assert!(has.contains_all(access.effective(subject.as_bytes(), path.as_bytes()).privs));
            }
            let paths = ours.keys().cloned().collect();
            let naive = Naive { text: &text, release, paths, subject, rights: Rights::new(), users: BTreeSet::new() }.run();
            let everything = PrivSet::all(release);
            prop_assert_eq!(ours["/"] == everything, naive["/"] == everything, "{} in\n{}", subject, text);
            if naive["/"] != everything {
                for (path, has) in &naive {
                    prop_assert_eq!(ours[path], *has, "{} on {} in\n{}", subject, path, text);
                }
            }
        }
    }

    /// What each step of a chain needs is there when its turn comes.
    #[test]
    fn chains_replay(text in files(), release in proptest::sample::select(&Release::ALL[..])) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        let world = world();
        let escalation = Escalation::new(&access, &world);
        for subject in USERS.into_iter().chain(["a@pve!tok"]) {
            let reached = escalation.of(subject.as_bytes());
            prop_assert!(!reached.cut);
            prop_assert!(reached.goals.windows(2).all(|pair| pair[0].reach <= pair[1].reach));
            for goal in &reached.goals {
                prop_assert_eq!(goal.steps.last().map(|step| step.gives), Some(goal.fact));
                prop_assert!(goal.reach != Reach::Privileges || !goal.gained.is_empty() || matches!(goal.fact, Fact::Directory(_)));
                for (nth, step) in goal.steps.iter().enumerate() {
                    for need in &step.needs {
                        let path = &escalation.place(need.at).unwrap().path;
                        let told = || format!("{subject}: {need:?} of step {nth} of {goal:#?} in\n{text}");
                        let By::Step(before) = need.by else {
                            prop_assert!(access.has(subject.as_bytes(), need.privilege, path), "{}", told());
                            continue;
                        };
                        prop_assert!(before < nth, "{}", told());
                        match goal.steps[before].gives {
                            Fact::Rights { of, .. } => {
                                prop_assert!(access.has(cfg.subject_id(of), need.privilege, path), "{}", told());
                            }
                            Fact::Pooled { object, .. } => prop_assert_eq!(object, need.at, "{}", told()),
                            Fact::Member { user, group } => {
                                let joined = format!("{text}group:{}:{}:\n", cfg.subject_id(group), cfg.subject_id(user));
                                let joined = UserCfg::parse(joined.as_bytes(), release);
                                let has = Access::new(&joined).has(cfg.subject_id(user), need.privilege, path);
                                prop_assert!(has, "{}", told());
                            }
                            Fact::AnyRole(at) => {
                                let from = &escalation.place(at).unwrap().path;
                                prop_assert!(path.starts_with(from), "{}", told());
                            }
                            Fact::OwnRoles(_) => {}
                            other => prop_assert!(false, "{:?} gives no privilege: {}", other, told()),
                        }
                    }
                }
            }
        }
    }
}
