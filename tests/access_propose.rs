//! Chains hold what they say, and proposals do what they promise: both are played through on random files.

use super::access::{PATHS, files};
use proptest::prelude::*;
use pvelint::access::{Access, Change, Derivation, Step, Way, apply};
use pvelint::model::tables::access::{Priv, PrivSet, path_allowed};
use pvelint::model::user::{AclEntry, SubjectKind, UserCfg};
use pvelint::release::Release;

const WANTED: [&str; 4] = ["VM.PowerMgmt", "Datastore.AllocateSpace", "Sys.Audit", "Permissions.Modify"];

fn entries<'c>(chain: &Derivation<'c, '_>) -> Vec<&'c AclEntry> {
    let own = chain.steps.iter().filter_map(|step| match step {
        Step::Acl { entry, .. } => Some(*entry),
        _ => None,
    });
    own.chain(chain.owner.iter().flat_map(|owner| entries(owner))).collect()
}

fn has(text: &[u8], release: Release, subject: &str, privilege: Priv, path: &str) -> bool {
    let cfg = UserCfg::parse(text, release);
    Access::new(&cfg).has(subject.as_bytes(), privilege, path.as_bytes())
}

fn subjects(cfg: &UserCfg<'_>) -> Vec<String> {
    let all = cfg.subjects.iter().filter(|one| one.kind != SubjectKind::Group);
    all.filter(|one| one.kind == SubjectKind::User || one.defined()).map(|one| one.id.to_string()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// What a chain names is enough, and taking the named ACLs away, chain after chain, takes the right away.
    #[test]
    fn chains_replay(text in files(), release in proptest::sample::select(&Release::ALL[..])) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        for id in subjects(&cfg) {
            for path in PATHS {
                for privilege in WANTED.map(|name| Priv::from_name(name.as_bytes()).unwrap()) {
                    let Some(chain) = access.derive(id.as_bytes(), privilege, path.as_bytes()) else { continue };
                    let named = entries(&chain);
                    if named.is_empty() {
                        prop_assert!(chain.steps.contains(&Step::Root), "{} {} {}: {:?}", id, privilege, path, chain);
                        continue;
                    }
                    let others = cfg.acl.iter().filter(|entry| !named.contains(entry));
                    let others: Vec<_> = others.map(|entry| Change::revoke(&cfg, entry)).collect();
                    prop_assert!(
                        has(&apply(&cfg, &others), release, &id, privilege, path),
                        "{:?} isn't enough for {} {} {} in\n{}", named, id, privilege, path, text
                    );
                    let mut gone = vec![Change::revoke(&cfg, named[0])];
                    loop {
                        let left = apply(&cfg, &gone);
                        let left = UserCfg::parse(&left, release);
                        let Some(chain) = Access::new(&left).derive(id.as_bytes(), privilege, path.as_bytes()) else { break };
                        let next = Change::revoke(&left, entries(&chain)[0]);
                        prop_assert!(!gone.contains(&next), "{:?} was taken away already", next);
                        gone.push(next);
                    }
                }
            }
        }
    }

    /// Every proposal gives what was asked for; a grant on the path gives nothing on any other path, and takes nothing away.
    #[test]
    fn proposals_work(text in files(), release in proptest::sample::select(&Release::ALL[..])) {
        let cfg = UserCfg::parse(text.as_bytes(), release);
        let access = Access::new(&cfg);
        let everybody = subjects(&cfg);
        for id in &everybody {
            for path in PATHS.into_iter().filter(|path| path_allowed(path.as_bytes(), release)) {
                for privilege in WANTED.map(|name| Priv::from_name(name.as_bytes()).unwrap()) {
                    let proposals = access.propose(id.as_bytes(), PrivSet::of(privilege), path.as_bytes());
                    let told = || format!("{id} {privilege} {path} in\n{text}\n{proposals:#?}");
                    prop_assert_eq!(
                        proposals.is_empty(), access.has(id.as_bytes(), privilege, path.as_bytes()), "{}", told()
                    );
                    for proposal in &proposals {
                        let changed = apply(&cfg, &proposal.changes);
                        prop_assert!(has(&changed, release, id, privilege, path), "{:?}: {}", proposal, told());
                        for change in &proposal.changes {
                            prop_assert!(change.command().line().is_some(), "{:?}", change);
                        }
                        if proposal.way != Way::Path {
                            continue;
                        }
                        let after = UserCfg::parse(&changed, release);
                        let after = Access::new(&after);
                        for other in PATHS {
                            // What is given on a pool reaches its members, there is no narrower way.
                            // Pools that don't exist may be given rights: nobody has them.
                            if other == path || other.starts_with(&format!("{path}/")) && path.starts_with("/pool/") && cfg.pool(&other.as_bytes()[6..]).is_none() || other.starts_with(&format!("{path}/")) && path == "/vms/100"
                                || path.starts_with("/pool/") && (other.starts_with("/vms/") || other.starts_with("/storage/"))
                            {
                                continue;
                            }
                            for who in &everybody {
                                let before = access.effective(who.as_bytes(), other.as_bytes()).privs;
                                let now = after.effective(who.as_bytes(), other.as_bytes()).privs;
                                prop_assert_eq!(before, now, "{:?} changes {} on {}: {}", proposal, who, other, told());
                            }
                        }
                        let before = access.effective(id.as_bytes(), path.as_bytes()).privs;
                        let now = after.effective(id.as_bytes(), path.as_bytes()).privs;
                        prop_assert!(text.contains("role:NoAccess:") || now.contains_all(before), "{:?}: {}", proposal, told());
                    }
                }
            }
        }
    }
}

/// The commands proposed for `privilege` on `path`, one proposal an item.
fn proposed(lines: &str, subject: &str, privilege: &str, path: &str) -> Vec<String> {
    let text = format!("user:a@pve:1:0:\ngroup:g:a@pve::\npool:p::100:st:\ntoken:a@pve!ci:0:1::\n{lines}\n");
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let wanted = PrivSet::of(Priv::from_name(privilege.as_bytes()).unwrap());
    let proposals = Access::new(&cfg).propose(subject.as_bytes(), wanted, path.as_bytes());
    let commands = |changes: &[Change]| -> Vec<_> { changes.iter().map(|one| one.command().line().unwrap()).collect() };
    proposals.iter().map(|proposal| commands(&proposal.changes).join("; ")).collect()
}

#[test]
fn the_best_proposal_is_the_narrowest_with_a_role_that_fits() {
    let first =
        |lines: &str, subject: &str, privilege: &str, path: &str| proposed(lines, subject, privilege, path)[0].clone();
    assert_eq!(
        first("", "a@pve", "Datastore.AllocateSpace", "/storage/st"),
        "pveum acl modify /storage/st --users a@pve --roles PVEDatastoreUser"
    );
    // No role that exists fits well enough.
    assert_eq!(
        first("", "a@pve", "VM.Allocate", "/vms/101"),
        "pveum role add vm-allocate --privs VM.Allocate; pveum acl modify /vms/101 --users a@pve --roles vm-allocate"
    );
    // A role of the file that holds just that is best.
    assert_eq!(
        first("role:Power:VM.PowerMgmt:", "a@pve", "VM.PowerMgmt", "/vms/101"),
        "pveum acl modify /vms/101 --users a@pve --roles Power"
    );
    // On a path with others below it nothing may leak down.
    assert_eq!(
        first("", "a@pve", "Sys.Syslog", "/"),
        "pveum role add sys-syslog --privs Sys.Syslog; pveum acl modify / --users a@pve --roles sys-syslog --propagate 0"
    );
    // Where PVE takes no ACL on the path itself, the one above it reaches more, and the role counts for that.
    assert_eq!(
        first("", "a@pve", "VM.Allocate", "/vms/-"),
        "pveum role add vm-allocate --privs VM.Allocate; pveum acl modify /vms --users a@pve --roles vm-allocate"
    );
    // What the new ACL would hide is kept.
    assert_eq!(
        first("acl:1:/vms:@g:PVEAuditor:", "a@pve", "VM.Clone", "/vms/101"),
        "pveum acl modify /vms/101 --users a@pve --roles PVETemplateUser,PVEAuditor"
    );
    // A token with privilege separation needs it twice.
    assert_eq!(
        first("", "a@pve!ci", "VM.Audit", "/vms/101"),
        "pveum acl modify /vms/101 --tokens 'a@pve!ci' --roles PVEAuditor; pveum acl modify /vms/101 --users a@pve --roles PVEAuditor"
    );
    // A user that only an ACL names has to be made.
    assert_eq!(
        first("acl:1:/vms/100:b@pve:PVEAuditor:", "b@pve", "Datastore.Audit", "/storage/st"),
        "pveum user add b@pve; pveum acl modify /storage/st --users b@pve --roles PVEAuditor"
    );
}

#[test]
fn there_are_other_ways_than_a_grant_on_the_path() {
    let has = |lines: &str, subject: &str, privilege: &str, path: &str, command: &str| {
        let all = proposed(lines, subject, privilege, path);
        assert!(all.iter().any(|one| one == command), "{all:#?}");
    };
    has(
        "",
        "a@pve",
        "Datastore.AllocateSpace",
        "/storage/st",
        "pveum acl modify /pool/p --users a@pve --roles PVEDatastoreUser",
    );
    has("acl:1:/pool/p:@g:PVEVMAdmin:", "a@pve", "VM.Console", "/vms/101", "pveum pool modify p --vms 101");
    has(
        "acl:1:/pool/p:@g:PVEDatastoreUser:",
        "a@pve",
        "Datastore.Audit",
        "/storage/s2",
        "pveum pool modify p --storage s2",
    );
    has("acl:1:/:a@pve:PVEAdmin:", "a@pve!ci", "VM.Audit", "/vms/101", "pveum user token modify a@pve ci --privsep 0");
    has(
        "role:Mon:VM.Monitor,VM.Audit:\nacl:1:/:a@pve:Mon:",
        "a@pve",
        "VM.GuestAgent.Audit",
        "/vms/101",
        "pveum role modify Mon --append 1 --privs VM.GuestAgent.Audit",
    );
    has(
        "role:Mon:VM.PowerMgt:\nacl:1:/:a@pve:Mon:",
        "a@pve",
        "VM.PowerMgmt",
        "/vms/101",
        "pveum role modify Mon --append 1 --privs VM.PowerMgmt",
    );
}

#[test]
fn where_a_grant_cannot_help_what_is_in_the_way_goes() {
    let own = proposed("acl:1:/vms/101:a@pve:NoAccess:", "a@pve", "VM.Audit", "/vms/101");
    assert_eq!(
        own[0],
        "pveum acl delete /vms/101 --users a@pve --roles NoAccess; pveum acl modify /vms/101 --users a@pve --roles PVEAuditor"
    );
    // NoAccess on / reaches the guest through its pool, and a grant on the guest alone changes nothing.
    let pooled = proposed("acl:1:/:a@pve:NoAccess:\nacl:1:/vms/100:a@pve:PVEVMAdmin:", "a@pve", "VM.Audit", "/vms/100");
    assert_eq!(pooled[0], "pveum acl modify /pool/p --users a@pve --roles PVEAuditor");
    // An own ACL that hides the group's.
    let hidden =
        proposed("acl:1:/vms:@g:PVEVMAdmin:\nacl:1:/vms:a@pve:PVEAuditor:", "a@pve", "VM.PowerMgmt", "/vms/101");
    assert!(hidden.contains(&"pveum acl delete /vms --users a@pve --roles PVEAuditor".to_owned()), "{hidden:#?}");
}

#[test]
fn nobody_is_given_what_does_not_exist() {
    assert!(proposed("", "a@pve!none", "VM.Audit", "/vms/100").is_empty());
    assert!(proposed("", "root@pam", "VM.Audit", "/vms/100").is_empty());
    assert!(proposed("", "a@pve", "VM.Monitor", "/vms/100").is_empty());
}
