//! What the rule book's examples can't show: trees that are odd as such, and inputs that are too long to read.

use std::path::Path;
use std::process::Command;

use super::support::write;
use pvelint::rules::RULES;
use pvelint::source::{LoadOptions, Sources};

/// The rules that find something in `root`, with their messages.
fn found(root: &Path) -> Vec<String> {
    let sources = Sources::load(&[root.to_owned()], &LoadOptions::default()).unwrap();
    let findings = pvelint::check(&sources, RULES, None).findings;
    findings.iter().map(|finding| finding.rule.to_owned()).collect()
}

const CONTAINER: &str = "arch: amd64\nostype: debian\nhostname: a\nmemory: 512\nswap: 512\n\
    rootfs: local-lvm:vm-100-disk-0,size=8G\nunprivileged: 1\n";

#[test]
fn a_map_of_345_entries_is_too_large() {
    let dir = tempfile::tempdir().unwrap();
    let lines: String = (0..345).map(|n| format!("lxc.idmap: u {} {} 1\n", n * 2, 200_000 + n * 2)).collect();
    write(dir.path(), "nodes/a/lxc/100.conf", format!("{CONTAINER}{lines}lxc.idmap: g 0 100000 65536\n"));
    assert!(found(dir.path()).contains(&"idmap-too-large".to_owned()));
}

#[test]
fn a_pool_member_that_no_guest_can_be_is_no_matter_of_a_command() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "nodes/a/lxc/100.conf", CONTAINER);
    write(dir.path(), "user.cfg", "pool:p::5,100,200::\npool:q::1000000000::\n");
    let sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
    let findings = pvelint::check(&sources, RULES, None).findings;
    let fixes: Vec<_> = findings.iter().filter(|finding| finding.rule == "pool-guest-unknown").collect();
    let shown = format!("{:?}", fixes.iter().map(|finding| &finding.fixes).collect::<Vec<_>>());
    assert!(shown.contains("pveum pool modify p --vms 200 --delete 1") && !shown.contains("modify q"), "{shown}");
    assert!(shown.contains("remove 5 from this line") && shown.contains("remove 1000000000 from this line"), "{shown}");
}

#[test]
fn what_cannot_be_read_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    write(root, "nodes/a/lxc/100.conf", CONTAINER);
    write(root, "nodes/a/lxc/0101.conf", CONTAINER);
    write(root, "nodes/b/lxc/100.conf", CONTAINER);
    write(root, "nodes/b/lxc/5.conf", CONTAINER);
    write(root, "storage.cfg", vec![b'#'; 1024 * 1024 + 1]);
    assert!(Command::new("mkfifo").arg(root.join("user.cfg")).status().unwrap().success());
    std::os::unix::fs::symlink("/etc/hostname", root.join("datacenter.cfg")).unwrap();
    std::os::unix::fs::symlink("jobs.cfg", root.join("jobs.cfg")).unwrap();
    let found = found(root);
    for rule in [
        "tree-file-too-large",
        "tree-guest-duplicate",
        "tree-guest-unseen",
        "tree-guest-vmid-range",
        "tree-link-broken",
        "tree-link-outside",
        "tree-not-a-file",
    ] {
        assert!(found.contains(&rule.to_owned()), "{rule} isn't in {found:?}");
    }
}

#[test]
fn an_empty_directory_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(found(dir.path()), ["tree-empty"]);
}

#[test]
fn rules_about_containers_are_not_evaluated_where_there_is_none() {
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), "nodes/a/qemu-server/100.conf", "memory: 512\n");
    write(dir.path(), "user.cfg", "user:root@pam:1:0::::::\n");
    let unanswered = || {
        let sources = Sources::load(&[dir.path().to_owned()], &LoadOptions::default()).unwrap();
        let groups = pvelint::check(&sources, RULES, None).not_evaluated;
        groups.into_iter().flat_map(|group| group.rules).collect::<Vec<_>>()
    };
    let about_containers = |rule: &&str| rule.starts_with("ct-") || rule.starts_with("idmap-");
    let all = RULES.iter().map(|rule| rule.id).filter(about_containers).count();
    let without = unanswered();
    assert_eq!(without.iter().filter(|rule| about_containers(rule)).count(), all, "{without:?}");

    write(dir.path(), "nodes/a/lxc/101.conf", CONTAINER);
    let with = unanswered();
    assert!(!with.iter().any(|rule| rule.starts_with("ct-")), "{with:?}");
}
