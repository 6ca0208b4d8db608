//! An answer that wasn't fully evaluated never looks like a yes: through the binary, with its exit code.

use std::fs;
use std::os::unix::fs::symlink;

use super::support::{pvelint, stderr, stdout, tree, write};

const USER: &str = "user:root@pam:1:0:::::\nuser:a@pve:1:0:::::\nacl:1:/vms/100:a@pve:PVEAuditor:\n";
const VM: &str = "boot: order=scsi0\nmemory: 512\nname: db\nscsi0: local:100/vm-100-disk-0.raw,size=8G\n";

fn code(args: &[&str]) -> i32 {
    pvelint(args).status.code().unwrap()
}

/// A user.cfg that is cut by the bound on ACL entries, with an administrator behind the cut.
fn cut() -> String {
    let names: Vec<String> = (0..1100).map(|n| format!("R{n}")).collect();
    let users: Vec<String> = (0..1100).map(|n| format!("u{n}@pve")).collect();
    let roles: String = names.iter().map(|name| format!("role:{name}:VM.Audit:\n")).collect();
    format!(
        "{roles}acl:1:/:{}:{}:\nuser:evil@pve:1:0:::::\nacl:1:/:evil@pve:Administrator:\n",
        users.join(","),
        names.join(",")
    )
}

#[test]
fn a_user_cfg_that_was_cut_answers_nothing() {
    let dir = tree(&[("user.cfg", &cut()), ("rules.toml", "[[policy]]\nstatement = \"nobody can Sys.Modify on /\"\n")]);
    let path = dir.path().to_str().unwrap();
    let rules = format!("{path}/rules.toml");
    for args in [
        &["access", "assert", &rules, "-c", path][..],
        &["access", "diff", path, path],
        &["access", "matrix", path],
        &["access", "escalate", "-c", path],
        &["access", "who", "Sys.Modify", "/", "-c", path],
        &["access", "can", "evil@pve", "Sys.Modify", "/", "-c", path],
    ] {
        let output = pvelint(args);
        assert_eq!(output.status.code(), Some(3), "{args:?}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains("not evaluated"), "{args:?}: {}", stderr(&output));
    }
}

#[test]
fn statements_about_all_guests_need_all_guests() {
    let statement = "[[policy]]\nstatement = \"a@pve cannot VM.Console on /vms/*\"\n";
    let dir = tree(&[("pve/user.cfg", USER), ("pve/nodes/n/qemu-server/100.conf", VM), ("rules.toml", statement)]);
    let path = dir.path().join("pve");
    let rules = dir.path().join("rules.toml");
    let args = ["access", "assert", rules.to_str().unwrap(), "-c", path.to_str().unwrap()];
    assert_eq!(code(&args), 0);
    // A link out of the tree, a file beyond the limit, bytes that are no text: each is a guest that nobody knows.
    symlink("/etc/hostname", path.join("nodes/n/qemu-server/101.conf")).unwrap();
    assert_eq!(code(&args), 3, "a link that leaves the tree");
    fs::remove_file(path.join("nodes/n/qemu-server/101.conf")).unwrap();
    write(&path, "nodes/n/qemu-server/101.conf", "\0GITCRYPT\0");
    assert_eq!(code(&args), 3, "an encrypted guest");
    write(&path, "nodes/n/qemu-server/101.conf", vec![b'#'; (1 << 20) + 1]);
    assert_eq!(code(&args), 3, "a guest beyond the limit");
}

#[test]
fn links_lead_to_files_of_their_own_kind_only() {
    let secret = "a@pve:$5$secretsecret\n";
    let dir =
        tree(&[("pve/nodes/n/qemu-server/100.conf", VM), ("pve/priv/shadow.cfg", secret), (".git/config", secret)]);
    for target in ["priv/shadow.cfg", "../.git/config", "nodes/n/qemu-server/100.conf"] {
        let link = dir.path().join("pve/user.cfg");
        let _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
        let output = pvelint(&["check", dir.path().to_str().unwrap()]);
        let said = stdout(&output) + &stderr(&output);
        assert!(!said.contains("secretsecret"), "{target}: {said}");
        assert!(said.contains("tree-link-outside"), "{target}: {said}");
    }
}

#[test]
fn settings_are_a_regular_file_of_this_directory() {
    let dir = tree(&[("pve/user.cfg", USER), (".env", "TOKEN=secretsecret\n"), ("sub/x", "")]);
    let settings = dir.path().join("pvelint.toml");
    let pve = dir.path().join("pve");
    for target in [".env", "/proc/self/environ", "/dev/zero", "nowhere"] {
        let _ = fs::remove_file(&settings);
        symlink(target, &settings).unwrap();
        let args = ["check", pve.to_str().unwrap(), "--config", settings.to_str().unwrap()];
        let output = pvelint(&args);
        assert_eq!(output.status.code(), Some(2), "{target}");
        assert!(!stderr(&output).contains("secretsecret"), "{target}: {}", stderr(&output));
    }
}

#[test]
fn what_was_asked_for_by_name_has_to_be_evaluated() {
    let dir = tree(&[("pve/user.cfg", "\0GITCRYPT\0"), ("pve/storage.cfg", "dir: a1\n\tpath /a\n\tcontent iso\n")]);
    let path = dir.path().to_str().unwrap();
    assert_eq!(code(&["check", path, "--fail-on", "never", "--select", "token-*"]), 3);
    assert_eq!(code(&["check", path, "--fail-on", "never", "--select", "storage-*"]), 0);
    write(dir.path(), "s.toml", "[[policy]]\nstatement = \"a@pve can VM.Audit on /\"\n");
    let settings = dir.path().join("s.toml");
    assert_eq!(code(&["check", path, "--fail-on", "never", "--config", settings.to_str().unwrap()]), 3);
    // An ignore of everything doesn't hide that something couldn't be read.
    write(dir.path(), "s.toml", "[[ignore]]\nrule = \"*\"\nreason = \"quiet\"\n");
    let output = pvelint(&["check", path, "--config", settings.to_str().unwrap()]);
    assert!(stdout(&output).contains("tree-file-encoded"), "{}", stdout(&output));
}

#[test]
fn no_output_holds_what_a_terminal_acts_on() {
    let name = "a\u{202e}b\u{61c}c\u{e0041}d";
    let dir = tree(&[
        ("pve/storage.cfg", &format!("dir: st\n\tpath /a\n\tcontent iso\n\tnodes {name}\n")),
        ("pve/nodes/n/qemu-server/100.conf", &format!("#{name}\u{85}\u{7f}\n{VM}")),
    ]);
    let path = dir.path().to_str().unwrap();
    for args in [
        &["dump", path][..],
        &["check", path],
        &["check", path, "--format", "json"],
        &["check", path, "--format", "concise"],
    ] {
        let said = stdout(&pvelint(args));
        assert!(!said.contains(['\u{202e}', '\u{61c}', '\u{e0041}', '\u{85}', '\u{7f}']), "{args:?}: {said}");
    }
}
