//! Every way in which people keep a configuration, through the binary: which files are read, as which tree, and what is said of the
//! others. A file that nobody reads must not look like one without mistakes.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use super::support;

/// A container with a mistake that needs no other file: memory in a unit.
const CT: &str = "arch: amd64\nhostname: web\nmemory: 512M\nostype: debian\nrootfs: tank:subvol-101-disk-0,size=8G\n";
const VM: &str = "boot: order=scsi0\nmemory: 512\nname: db\nscsi0: tank:vm-111-disk-0,size=8G\n";
/// A storage whose content PVE doesn't know.
const STORAGE: &str = "dir: tank\n\tpath /tank\n\tcontent image\n";
const USER: &str = "user:root@pam:1:0:::::\nacl:1:/pools/x:nobody@pve:PVEAdmin:\n";
const SUBUID: &str = "root:100000:65536\n";

struct Seen {
    _dir: TempDir,
    json: Value,
    code: i32,
    stderr: String,
}

impl Seen {
    /// Checks `args` below a directory with these files.
    fn of(files: &[(&str, &str)], args: &[&str]) -> Self {
        let dir = support::tree(files);
        let mut line = vec!["check", "--format", "json", "--verbose", "--pve", "9"];
        let paths: Vec<String> = args.iter().map(|arg| dir.path().join(arg).to_string_lossy().into_owned()).collect();
        line.extend(paths.iter().map(String::as_str));
        let output: Output = support::pvelint(&line);
        let json = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
        let root = format!("{}/", dir.path().display());
        let json = serde_json::from_str(&json.to_string().replace(&root, "")).unwrap();
        Self { _dir: dir, json, code: output.status.code().unwrap(), stderr: support::stderr(&output) }
    }

    /// `path -> tree`, of each file that was read.
    fn read(&self) -> Vec<String> {
        let files = self.json["files"].as_array().unwrap();
        let one = |file: &Value| format!("{} -> {}", text(&file["path"]), text(&file["tree"]));
        files.iter().map(one).collect()
    }

    fn paths(&self) -> Vec<&str> {
        self.json["files"].as_array().unwrap().iter().map(|file| text(&file["path"])).collect()
    }

    fn trees(&self) -> usize {
        self.json["trees"].as_array().unwrap().len()
    }

    fn unread(&self) -> Vec<&str> {
        self.json["unread"].as_array().unwrap().iter().map(|file| text(&file["path"])).collect()
    }

    fn rules_of(&self, path: &str) -> Vec<&str> {
        let findings = self.json["findings"].as_array().unwrap();
        findings.iter().filter(|finding| finding["file"] == path).map(|finding| text(&finding["rule"])).collect()
    }

    fn file(&self, path: &str) -> &Value {
        self.json["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap()
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

/// The whole input `.` is one tree of just these files, and both mistakes are found.
fn one_tree(files: &[(&str, &str)], read: &[&str]) {
    let seen = Seen::of(files, &["."]);
    let mut wanted = read.to_vec();
    wanted.sort_unstable();
    assert_eq!(seen.paths(), wanted, "{:?}", seen.unread());
    assert_eq!(seen.trees(), 1, "{:?}", seen.read());
    for (path, content) in files {
        let rules = match *content {
            CT => "ct-memory-unit",
            STORAGE => "storage-content-unknown",
            _ => continue,
        };
        assert!(!read.contains(path) || seen.rules_of(path).contains(&rules), "{path}: {:?}", seen.rules_of(path));
    }
}

#[test]
fn etc_beside_pve_is_one_tree() {
    for pve in ["pve", "etc-pve", "pve.pxar", "config"] {
        for etc in ["etc", "etc.pxar", "host-etc"] {
            let at = |dir: &str, name: &str| format!("host/{dir}/{name}");
            let files = [
                (at(etc, "subuid"), SUBUID),
                (at(etc, "subgid"), SUBUID),
                (at(pve, "user.cfg"), USER),
                (at(pve, "storage.cfg"), STORAGE),
                (at(pve, "nodes/a/lxc/101.conf"), CT),
            ];
            let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
            let paths: Vec<&str> = files.iter().map(|file| file.0).collect();
            one_tree(&files, &paths);
        }
    }
}

#[test]
fn several_hosts_side_by_side_keep_their_own_files() {
    let files = [
        ("hosts/a/etc/subuid", SUBUID),
        ("hosts/a/pve/storage.cfg", STORAGE),
        ("hosts/a/pve/lxc/101.conf", CT),
        ("hosts/b/etc/subuid", SUBUID),
        ("hosts/b/pve/storage.cfg", STORAGE),
        ("hosts/b/pve/lxc/101.conf", CT),
    ];
    let seen = Seen::of(&files, &["."]);
    assert_eq!(seen.trees(), 2);
    assert_eq!(
        seen.read(),
        [
            "hosts/a/etc/subuid -> hosts/a/pve",
            "hosts/a/pve/lxc/101.conf -> hosts/a/pve",
            "hosts/a/pve/storage.cfg -> hosts/a/pve",
            "hosts/b/etc/subuid -> hosts/b/pve",
            "hosts/b/pve/lxc/101.conf -> hosts/b/pve",
            "hosts/b/pve/storage.cfg -> hosts/b/pve",
        ]
    );
}

#[test]
fn a_copy_without_etc_pve_is_no_clean_cluster() {
    let inputs: &[&[(&str, &str)]] = &[
        &[("etc/subuid", SUBUID), ("etc/passwd", "root:x:0:0::/root:/bin/bash\n"), ("etc/pve/", "")],
        &[("subuid", SUBUID), ("pve/", "")],
        &[("etc/subuid", SUBUID), ("usr/x", ""), ("var/x", ""), ("bin/x", "")],
        &[("etc/passwd", ""), ("etc/fstab", "")],
        &[("README.md", "")],
        &[("pve/", "")],
    ];
    for files in inputs {
        let seen = Seen::of(files, &["."]);
        assert_eq!(seen.code, 3, "{files:?}");
        assert!(seen.stderr.contains("FUSE"), "{files:?}: {}", seen.stderr);
    }
}

#[test]
fn a_root_file_system_with_the_database_only_names_it() {
    for root in [&["usr/x", "var/x", "bin/x"][..], &[]] {
        let mut files =
            vec![("etc/passwd", ""), ("etc/pve/", ""), ("var/lib/pve-cluster/config.db", "SQLite format 3\0")];
        files.extend(root.iter().map(|path| (*path, "")));
        let seen = Seen::of(&files, &["."]);
        assert_eq!(seen.code, 3);
        assert!(seen.stderr.contains("var/lib/pve-cluster/config.db"), "{}", seen.stderr);
    }
}

#[test]
fn guests_under_any_name_are_told_by_their_text() {
    let files = [
        ("proxmox/ct-101-web.conf", CT),
        ("proxmox/vm-111-db.conf", VM),
        ("proxmox/lxc_102.conf", CT),
        ("proxmox/storage.cfg", STORAGE),
        ("proxmox/router.conf", VM),
        ("proxmox/nginx.conf", "server {\n  listen 80;\n}\n"),
    ];
    let seen = Seen::of(&files, &["."]);
    let read =
        ["ct-101-web.conf", "lxc_102.conf", "storage.cfg", "vm-111-db.conf"].map(|name| format!("proxmox/{name}"));
    // The router's volumes have the vmid that another file has: which one is right, nobody knows.
    assert_eq!(seen.paths(), read);
    assert_eq!(seen.unread(), ["proxmox/router.conf"]);
    assert_eq!(seen.file("proxmox/vm-111-db.conf")["vmid"], 111);
    assert_eq!(seen.file("proxmox/vm-111-db.conf")["vmid_from"], "name");
    assert!(seen.rules_of("proxmox/lxc_102.conf").contains(&"ct-memory-unit"));
}

#[test]
fn names_that_say_nothing_leave_the_vmid_to_the_volumes() {
    for path in ["web/lxc.conf", "lxc/web/lxc.conf", "etc/vzdump/pct.conf", "a/b/web.conf.txt", "lxc/web.conf"] {
        let seen = Seen::of(&[(path, CT)], &["."]);
        assert_eq!(seen.paths(), [path]);
        assert_eq!(seen.file(path)["vmid"], 101, "{path}");
        assert_eq!(seen.file(path)["vmid_from"], "volumes", "{path}");
        assert!(seen.rules_of(path).contains(&"ct-memory-unit"), "{path}");
    }
    for path in ["100.conf.txt", "lxc/100-web.conf", "lxc/lxc-100.conf", "100.conf.lxc.daily_2024", "x/100.conf.qemu.s"]
    {
        let seen = Seen::of(&[(path, CT)], &["."]);
        assert_eq!((seen.paths(), seen.file(path)["vmid"].as_u64()), (vec![path], Some(100)), "{path}");
    }
}

#[test]
fn a_strong_tree_below_a_weak_sign_is_read() {
    let weak: &[&[(&str, &str)]] = &[
        &[("scripts/lxc/create.sh", "")],
        &[("lxc/jellyfin/docker-compose.yml", "")],
        &[("lxc/README.md", "")],
        &[("nodes/worker1/config.yaml", ""), ("nodes/worker1/kubelet.conf", "key: value\n")],
        &[("pve/README.md", "")],
        &[("1.conf", "server {\n}\n")],
    ];
    for signs in weak {
        for below in ["proxmox", "proxmox/etc/pve", "a/b/c"] {
            let (storage, guest) = (format!("{below}/storage.cfg"), format!("{below}/lxc/101.conf"));
            let mut files = signs.to_vec();
            files.extend([(storage.as_str(), STORAGE), (guest.as_str(), CT)]);
            one_tree(&files, &[&storage, &guest]);
        }
    }
    // A part at the top belongs to what is below; a guest of unknown origin stays apart from those that have their storages.
    for (top, trees) in [(("datacenter.cfg", "keyboard: de\n"), 1), (("100.conf", VM), 2)] {
        let seen = Seen::of(&[top, ("pve/storage.cfg", STORAGE), ("pve/nodes/a/lxc/101.conf", CT)], &["."]);
        assert_eq!(seen.trees(), trees, "{top:?}: {:?}", seen.read());
        assert!(seen.rules_of("pve/storage.cfg").contains(&"storage-content-unknown"));
        assert!(seen.rules_of("pve/nodes/a/lxc/101.conf").contains(&"ct-memory-unit"));
    }
}

#[test]
fn parts_in_several_directories_are_joined() {
    let layouts = [
        ["proxmox/host/storage.cfg", "proxmox/lxc/101.conf"],
        ["cluster/storage.cfg", "nodes/a/lxc/101.conf"],
        ["configs/storage.cfg", "lxc/101.conf"],
        ["pve/configs/storage.cfg", "pve/configs/lxc/101.conf"],
        ["storage/storage.cfg", "guests/ct-101-web.conf"],
        ["storage.cfg", "guests/101.conf"],
    ];
    for [storage, guest] in layouts {
        one_tree(&[(storage, STORAGE), (guest, CT)], &[storage, guest]);
    }
}

#[test]
fn another_hosts_tree_beside_the_first_is_read_too() {
    let files = [
        ("etc/pve/storage.cfg", STORAGE),
        ("etc/pve/lxc/101.conf", CT),
        ("pve2/etc/pve/storage.cfg", STORAGE),
        ("pve2/etc/pve/lxc/101.conf", CT),
        ("config backups/102.conf", CT),
        ("guests/ct-103-x.conf", CT),
    ];
    let seen = Seen::of(&files, &["."]);
    let mut paths: Vec<&str> = files.iter().map(|file| file.0).collect();
    paths.sort_unstable();
    assert_eq!(seen.paths(), paths);
    let tree = |path: &str| seen.file(path)["tree"].clone();
    assert_eq!(tree("etc/pve/storage.cfg"), tree("etc/pve/lxc/101.conf"));
    assert_ne!(tree("etc/pve/storage.cfg"), tree("pve2/etc/pve/storage.cfg"));
}

#[test]
fn what_is_not_read_is_named() {
    let files = [
        ("pve/storage.cfg", STORAGE),
        ("pve/nodes/a/lxc/101.conf", CT),
        ("pve/nodes/a/lxc/101.conf.bak", CT),
        ("pve/corosync.conf", ""),
        ("pve/firewall/cluster.fw", ""),
        ("pve/storage.cfg.pve2", STORAGE),
        (".proxmox/storage.cfg", STORAGE),
        ("README.md", ""),
    ];
    let seen = Seen::of(&files, &["."]);
    let named = seen.unread();
    for path in [
        ".proxmox",
        "pve/corosync.conf",
        "pve/firewall/cluster.fw",
        "pve/nodes/a/lxc/101.conf.bak",
        "pve/storage.cfg.pve2",
    ] {
        assert!(named.contains(&path), "{path}: {named:?}");
    }
    assert!(!named.contains(&"README.md"));
    let dir = support::tree(&files);
    let path = dir.path().to_str().unwrap();
    let said = support::stdout(&support::pvelint(&["check", "--pve", "9", path]));
    assert!(said.contains("not read: 5 files: ") && said.contains("firewall/cluster.fw"), "{said}");
}

#[test]
fn siblings_given_one_by_one_are_one_tree() {
    let files =
        [("x/pve/storage.cfg", STORAGE), ("x/pve/lxc/101.conf", CT), ("x/subuid", SUBUID), ("x/subgid", SUBUID)];
    for args in [&["x/pve", "x/subuid", "x/subgid"][..], &["x/subgid", "x/pve", "x/subuid"]] {
        let seen = Seen::of(&files, args);
        assert_eq!((seen.trees(), seen.paths().len()), (1, 4), "{:?}", seen.read());
    }
    let files = [
        ("x/pve/storage.cfg", STORAGE),
        ("x/pve/lxc/101.conf", CT),
        ("x/etc/subuid", SUBUID),
        ("x/etc/subgid", SUBUID),
    ];
    let seen = Seen::of(&files, &["x/etc", "x/pve"]);
    assert_eq!((seen.trees(), seen.paths().len()), (1, 4), "{:?}", seen.read());
}

#[test]
fn other_programs_numbered_files_are_nothing() {
    let nginx = "server {\n  listen 80;\n}\n";
    let files = [("proxy_host/1.conf", nginx), ("proxy_host/200.conf", nginx), ("pve/storage.cfg", STORAGE)];
    let seen = Seen::of(&files, &["."]);
    assert_eq!((seen.trees(), seen.paths()), (1, vec!["pve/storage.cfg"]));
    assert!(seen.json["findings"].as_array().unwrap().iter().all(|finding| finding["file"] == "pve/storage.cfg"));
    // Nor is a note that lies beside the guests.
    let seen = Seen::of(&[("lxc/101.conf", CT), ("lxc/README.md", "# notes\n"), ("lxc/notes", "x")], &["."]);
    assert!(seen.rules_of("lxc/README.md").is_empty() && seen.unread().is_empty());
}

#[test]
fn encrypted_files_are_not_judged_line_by_line() {
    let blobs = [
        "\0GITCRYPT\0\u{1}\u{2}\u{3}",
        "$ANSIBLE_VAULT;1.1;AES256\n6263\n",
        "age-encryption.org/v1\n-> X25519 x\n",
        "-----BEGIN PGP MESSAGE-----\n\nhQ\n",
        "{\n\"data\": \"ENC[AES256_GCM,data:x]\",\n\"sops\": {}\n}\n",
        "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 3\n",
        "SQLite format 3\0",
    ];
    for blob in blobs {
        let files =
            [("pve/user.cfg", blob), ("pve/storage.cfg", blob), ("pve/lxc/101.conf", blob), ("pve/lxc/102.conf", CT)];
        let seen = Seen::of(&files, &["."]);
        for path in ["pve/user.cfg", "pve/storage.cfg", "pve/lxc/101.conf"] {
            assert_eq!(seen.rules_of(path), ["tree-file-encoded"], "{blob:?}");
        }
        assert!(seen.rules_of("pve/lxc/102.conf").contains(&"ct-memory-unit"));
        let missing: Vec<&str> =
            seen.json["not_evaluated"].as_array().unwrap().iter().map(|one| text(&one["missing"])).collect();
        assert!(missing.contains(&"user.cfg") && missing.contains(&"storage.cfg"), "{missing:?}");
    }
}

#[test]
fn a_required_input_that_was_not_read_is_exit_3() {
    let dir =
        support::tree(&[("pve/storage.cfg", STORAGE), ("pve/lxc/101.conf", CT), ("pve/user.cfg", "\0GITCRYPT\0")]);
    let path = dir.path().to_str().unwrap();
    let code = |require: &str| {
        let output = support::pvelint(&["check", "--pve", "9", "--fail-on", "never", "--require", require, path]);
        (output.status.code().unwrap(), support::stderr(&output))
    };
    assert_eq!(code("storage.cfg,lxc").0, 0);
    for missing in ["user.cfg", "subuid", "/etc/subgid", "qemu-server", "storage.cfg,user.cfg"] {
        let (code, said) = code(missing);
        assert_eq!(code, 3, "{missing}");
        assert!(said.contains("not evaluated"), "{said}");
    }
    assert_eq!(code("usr.cfg").0, 2);
}

#[test]
fn an_upgrade_is_judged_from_the_release_before() {
    let dir = support::tree(&[("pve/storage.cfg", "dir: tank\n\tpath /tank\n\tcontent backup\n\tmaxfiles 3\n")]);
    let path = dir.path().to_str().unwrap();
    let output = support::pvelint(&["check", "--target", "9", path]);
    let said = support::stdout(&output);
    assert!(said.contains("PVE 8 assumed, as the one before the target") && said.contains("judged as PVE 9"), "{said}");
    // Where nothing tells the release, what only the newest rejects is no more than a warning.
    let said = support::stdout(&support::pvelint(&["check", "--format", "concise", path]));
    assert!(said.contains(": warning storage-"), "{said}");
    assert!(!Path::new(path).join("pve/user.cfg").exists());
    let said = support::stdout(&support::pvelint(&["check", "--format", "concise", "--pve", "9", path]));
    assert!(said.contains(": error storage-"), "{said}");
}
