//! A new release of PVE is an edit of tables: a pvelint is built with those of a release that doesn't exist.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use super::support;

/// The tables with a PVE 10 in them: like 9 but for a role that is gone, one privilege and one file more.
fn invented() -> PathBuf {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("grammar");
    let to = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invented");
    for (path, text) in files(&from) {
        let mut text = text;
        let mut edit = |this: &str, that: &str| {
            assert_eq!(text.matches(this).count(), 1, "{this} in {path}");
            text = text.replace(this, that);
        };
        match path.as_str() {
            "releases.toml" => text.push_str("\n[[release]]\nmajor = 10\npackages = { pve-manager = \"10.0.1\" }\n"),
            "access.toml" => {
                edit(r#"{ name = "PVETemplateUser", pve = "all""#, r#"{ name = "PVETemplateUser", pve = "..9""#);
                let next = r#"  { name = "VM.Migrate", pve"#;
                edit(next, &format!("  {{ name = \"VM.Invented\", pve = \"10..\" }},\n{next}"));
            }
            "files.toml" => text
                .push_str("\n[[file]]\nkind = \"Invented\"\npath = \"invented.cfg\"\nabout = \"x\"\npve = \"10..\"\n"),
            _ => {}
        }
        support::write(&to, &path, text);
    }
    to
}

/// The files below `dir`, by their paths from there.
fn files(dir: &Path) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            files.extend(self::files(&entry.path()).into_iter().map(|(path, text)| (format!("{name}/{path}"), text)));
        } else {
            files.push((name, std::fs::read_to_string(entry.path()).unwrap()));
        }
    }
    files
}

fn run(program: &Path, args: &[&str]) -> Output {
    Command::new(program).args(args).output().unwrap()
}

#[test]
#[ignore = "builds pvelint once more"]
fn an_invented_release_is_an_edit_of_tables() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("invented-target");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline", "--manifest-path"])
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .env("PVELINT_GRAMMAR", invented())
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", support::stderr(&built));
    let pvelint = target.join("debug/pvelint");

    let dir = support::tree(&[
        ("user.cfg", "user:a@pve:1:0:::::\nrole:Own:VM.Invented:\nacl:1:/vms:a@pve:PVETemplateUser:\n"),
        ("storage.cfg", "dir: local\n\tpath /var/lib/vz\n\tcontent iso\n"),
        ("nodes/n/lxc/100.conf", "arch: amd64\nmemory: 512M\nrootfs: local:100/vm-100-disk-0.raw,size=8G\n"),
    ]);
    let tree = dir.path().to_str().unwrap();
    let found = |release: &str| {
        let output = run(&pvelint, &["check", "--format", "concise", "--pve", release, tree]);
        assert_eq!(output.status.code(), Some(1), "{}", support::stderr(&output));
        support::stdout(&output)
    };
    let (nine, ten) = (found("9"), found("10"));
    assert!(nine.contains("role `Own` is empty") && !nine.contains("PVETemplateUser"), "{nine}");
    assert!(!ten.contains("role `Own` is empty") && ten.contains("PVETemplateUser"), "{ten}");
    // What the tables say of 9 holds on: the same mistakes of the other files.
    let others =
        |text: &str| text.lines().filter(|line| !line.contains("user.cfg")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(others(&nine), others(&ten));
    assert!(!others(&ten).is_empty());

    // It is the newest now: assumed where nothing tells, and told by its file.
    let assumed = support::stderr(&run(&pvelint, &["check", "--format", "concise", tree]));
    assert!(assumed.contains("PVE 10 assumed"), "{assumed}");
    support::write(dir.path(), "invented.cfg", "");
    let told = support::stderr(&run(&pvelint, &["check", "--format", "concise", tree]));
    assert!(told.contains("PVE 10 guessed from invented.cfg"), "{told}");
    let refused = support::stderr(&run(&pvelint, &["check", "--pve", "11", tree]));
    assert!(refused.contains("known releases of Proxmox VE are 7, 8, 9 and 10"), "{refused}");
}
