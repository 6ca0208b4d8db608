//! The real binary: exit codes, streams, options, odd inputs.

use std::process::{Command, Stdio};

pub(crate) use super::support::{pvelint, pvelint_with_stdin, stderr, stdout};

/// The run time in a summary differs from run to run.
pub(crate) fn without_time(text: &str) -> String {
    let line = |line: &str| match (line.rfind(", "), line.strip_suffix(" ms)")) {
        (Some(at), Some(_)) => format!("{})", &line[..at]),
        _ => line.to_owned(),
    };
    text.lines().map(|l| line(l) + "\n").collect()
}

#[test]
fn a_clean_tree_gives_one_line_and_0() {
    let output = pvelint(&["check", "samples/clean"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert_eq!(without_time(&stdout(&output)), "10 files read, no findings (PVE 9 assumed)\n");
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_target_adds_what_an_upgrade_breaks() {
    let lines = |args: &[&str]| -> Vec<String> {
        let output = pvelint(&[&["check", "--format", "concise", "--quiet"], args].concat());
        stdout(&output).lines().map(str::to_owned).collect()
    };
    let sample = "samples/homelab";
    let (now, then) = (lines(&["--pve", "8", sample]), lines(&["--pve", "9", sample]));
    let mut planned = lines(&["--pve", "8", "--target", "9", sample]);
    let added = planned.extract_if(.., |line| line.contains("after the upgrade to PVE 9: ")).collect::<Vec<_>>();
    assert_eq!(planned, now, "what is wrong now stays as it is");
    let plain: Vec<_> = added.iter().map(|line| line.replace("after the upgrade to PVE 9: ", "")).collect();
    assert!(!plain.is_empty() && plain.iter().all(|line| then.contains(line) && !now.contains(line)), "{plain:?}");

    assert_eq!(pvelint(&["check", "--pve", "8", "--target", "9", "samples/clean"]).status.code(), Some(0));
    let output = pvelint(&["check", "--target", "9", "samples/clean"]);
    assert_eq!(output.status.code(), Some(0), "an upgrade to 9 starts at 8");
    let output = pvelint(&["check", "--pve", "9", "--target", "9", "samples/clean"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("--target is for an upgrade"), "{}", stderr(&output));
}

#[test]
fn findings_give_1_unless_fail_on_says_otherwise() {
    let code = |args: &[&str]| pvelint(args).status.code();
    assert_eq!(code(&["check", "samples/homelab"]), Some(1));
    assert_eq!(code(&["check", "samples/homelab", "--fail-on", "never"]), Some(0));
    assert_eq!(code(&["check", "samples/clean", "--fail-on", "note"]), Some(0));
    let comment = b"#x\nuser:root@pam:1:0::::::\n";
    let stdin = |level: &str| {
        let args = ["check", "-", "--stdin-filename", "user.cfg", "--select", "user-line-unknown", "--fail-on", level];
        pvelint_with_stdin(&args, comment).status.code()
    };
    assert_eq!(stdin("warning"), Some(1));
    assert_eq!(stdin("error"), Some(0));
}

#[test]
fn wrong_usage_gives_2_and_a_hint() {
    for (args, hint) in [
        (&["chekc"][..], "check"),
        (&["check", "--format", "xml"], "concise"),
        (&["check", "--select", "token-without-acls", "samples/clean"], "did you mean token-without-acl?"),
        (&["explain", "user-line-unkown"], "did you mean user-line-unknown?"),
        (&["check", "--pve", "6", "samples/clean"], "known releases of Proxmox VE are 7, 8 and 9"),
        (&["check", "-"], "--stdin-filename"),
        (&["check", "-", "samples/clean", "--stdin-filename", "user.cfg"], "can't be combined"),
        (&[], "Usage"),
    ] {
        let output = pvelint(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(hint), "{args:?}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{args:?}");
    }
}

#[test]
fn nothing_readable_gives_3() {
    let empty = tempfile::tempdir().unwrap();
    for path in [empty.path().to_str().unwrap(), "/nonexistent/pve"] {
        let output = pvelint(&["check", path]);
        assert_eq!(output.status.code(), Some(3), "{path}: {}{}", stdout(&output), stderr(&output));
        assert!(!stderr(&output).is_empty());
    }
}

#[test]
fn formats_share_their_findings() {
    let concise = stdout(&pvelint(&["check", "samples/homelab", "--format", "concise"]));
    let json: serde_json::Value =
        serde_json::from_slice(&pvelint(&["check", "samples/homelab", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["schema_version"], 1);
    let from_json: String = json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| {
            let text = |key: &str| f[key].as_str().unwrap().to_owned();
            let place = format!("{}:{}:{}", text("file"), f["line"], f["column"]);
            format!("{place}: {} {}: {}\n", text("level"), text("rule"), text("message"))
        })
        .collect();
    assert!(!concise.is_empty());
    assert_eq!(concise, from_json);
}

#[test]
fn colours_come_only_when_asked_for() {
    let has_colour = |args: &[&str]| stdout(&pvelint(args)).contains('\u{1b}');
    assert!(!has_colour(&["check", "samples/homelab"]));
    assert!(has_colour(&["check", "samples/homelab", "--color", "always"]));
    assert!(!has_colour(&["check", "samples/homelab", "--color", "never"]));
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pvelint"))
        .args(["explain", "user-line-unknown"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.code().is_some_and(|code| code < 2), "{:?}", output.status);
}

#[test]
fn the_same_tree_gives_the_same_bytes() {
    let first = pvelint(&["check", "samples/homelab", "--format", "json"]);
    for _ in 0..5 {
        assert_eq!(pvelint(&["check", "samples/homelab", "--format", "json"]).stdout, first.stdout);
    }
}

#[test]
fn explain_and_rules_show_the_book() {
    let explained = stdout(&pvelint(&["explain", "tree-unreadable"]));
    assert!(explained.starts_with("# tree-unreadable\n\nerror · PVE 7, 8, 9\n"), "{explained}");
    let rules = stdout(&pvelint(&["rules"]));
    assert_eq!(rules.lines().count(), pvelint::rules::RULES.len());
    let json: serde_json::Value = serde_json::from_slice(&pvelint(&["rules", "--format", "json"]).stdout).unwrap();
    assert_eq!(json.as_array().unwrap().len(), pvelint::rules::RULES.len());
}

#[test]
fn ignores_leave_findings_out_and_unused_ones_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("pvelint.toml");
    let tree = dir.path().join("pve");
    std::fs::create_dir_all(tree.join("nodes/a/lxc")).unwrap();
    std::fs::write(tree.join("user.cfg"), "#x\nuser:root@pam:1:0::::::\n").unwrap();
    let check = |toml: &str, more: &[&str]| {
        std::fs::write(&config, toml).unwrap();
        let (config, tree) = (config.to_str().unwrap(), tree.to_str().unwrap());
        pvelint(&[&["check", "--format", "concise", "--config", config], more, &[tree]].concat())
    };
    let used = check("[[ignore]]\nrule = \"user-line-*\"\nsubject = \"user.cfg\"\nreason = \"notes of ours\"\n", &[]);
    assert_eq!((used.status.code(), stdout(&used)), (Some(0), String::new()));

    let nobody = "[[ignore]]\nrule = \"token-without-acl\"\nsubject = \"nobody\"\nreason = \"x\"\n";
    let said = "pvelint.toml:2:8: warning ignore-unused: this ignore";
    let unused = stdout(&check(nobody, &[]));
    assert!(unused.contains(said), "{unused}");
    // A rule that isn't asked, a file that isn't there to be read: nobody knows what it would hit.
    for more in [
        &["--select", "user-line-unknown,ignore-unused"][..],
        &["--ignore", "token-without-acl"],
        &["--ignore", "ignore-unused"],
    ] {
        let quiet = stdout(&check(nobody, more));
        assert!(!quiet.contains(said), "{more:?}: {quiet}");
    }
    let storage = "[[ignore]]\nrule = \"storage-shared-local\"\nreason = \"x\"\n";
    let quiet = stdout(&check(storage, &[]));
    assert!(!quiet.contains(said), "{quiet}");
    std::fs::write(&config, nobody).unwrap();
    let args =
        ["check", "-", "--stdin-filename", "user.cfg", "--format", "concise", "--config", config.to_str().unwrap()];
    let one_file = stdout(&pvelint_with_stdin(&args, b"user:root@pam:1:0::::::\n"));
    assert!(!one_file.contains(said), "{one_file}");
    // A note that isn't shown is ignored like any other.
    std::fs::write(
        tree.join("nodes/a/lxc/100.conf"),
        "arch: amd64\nhostname: a\nrootfs: local-lvm:vm-100-disk-0,size=1G\n",
    )
    .unwrap();
    let note = stdout(&check("[[ignore]]\nrule = \"ct-privileged\"\nreason = \"x\"\n", &[]));
    assert!(!note.contains(said), "{note}");
    // A name that no rule has is wrong whatever was asked.
    let unknown = stdout(&check("[[ignore]]\nrule = \"tokn-*\"\nreason = \"x\"\n", &["--ignore", "token-without-acl"]));
    assert!(unknown.contains("names no rule: tokn-*"), "{unknown}");

    let renamed = stdout(&check("[[ignore]]\nrule = \"acl-narrows-rights\"\nreason = \"x\"\n", &[]));
    assert!(renamed.contains("names no rule: acl-narrows-rights"), "{renamed}");

    let broken = check("[[ignore]]\nrul = \"x\"\n", &[]);
    assert_eq!(broken.status.code(), Some(2));
    assert!(stderr(&broken).contains("unknown field `rul`"), "{}", stderr(&broken));
}

#[test]
fn rules_are_chosen_by_id_and_by_pattern() {
    let rules = |more: &[&str]| {
        let run = pvelint(&[&["check", "samples/homelab", "--notes", "--format", "json"], more].concat());
        let json: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
        let findings = json["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = rules(&[]);
    let ours = |rule: &&String| rule.starts_with("acl-");
    let selected = rules(&["--select", "acl-*"]);
    assert!(!selected.is_empty());
    assert_eq!(selected, all.iter().filter(ours).cloned().collect::<Vec<_>>());
    assert_eq!(rules(&["--ignore", "acl-*"]), all.iter().filter(|rule| !ours(rule)).cloned().collect::<Vec<_>>());
}

#[test]
fn an_old_id_leads_to_the_new_one() {
    for args in [
        &["explain", "vm-rights-without-storage"][..],
        &["check", "samples/clean", "--select", "vm-rights-without-storage"],
        &["check", "samples/clean", "--ignore", "vm-rights-without-storage"],
    ] {
        let run = pvelint(args);
        assert_eq!(run.status.code(), Some(2));
        assert!(stderr(&run).contains("did you mean acl-disk-without-storage?"), "{}", stderr(&run));
    }
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("pvelint.toml");
    std::fs::write(&config, "[[ignore]]\nrule = \"vm-rights-without-storage\"\nreason = \"x\"\n").unwrap();
    let shown = stdout(&pvelint(&["check", "samples/clean", "--config", config.to_str().unwrap()]));
    assert!(shown.contains("did you mean rule = \"acl-disk-without-storage\"?"), "{shown}");
}
