//! What two configurations differ in: the engine against a comparison of every subject on every path, and the command as an
//! admin sees it.

use super::access::{PATHS, files};
use super::access_cli::words;
use super::cli::{pvelint, pvelint_with_stdin, stderr, stdout};
use proptest::prelude::*;
use proptest::sample::select;
use pvelint::access::Access;
use pvelint::access::diff::{Cause, Diff, Effect, Side};
use pvelint::model::tables::access::{Priv, PrivSet};
use pvelint::model::user::UserCfg;
use pvelint::release::Release;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// Subject, path, what becomes of it, privilege.
type Changes = BTreeSet<(String, String, Effect, Priv)>;

fn diff(old: &UserCfg<'_>, new: &UserCfg<'_>) -> Diff {
    Diff::new(&Access::new(old), &Access::new(new), PATHS.map(|path| path.as_bytes().to_vec()))
}

/// The changes of all entries; none may be told twice.
fn expanded(diff: &Diff) -> Changes {
    let mut changes = Changes::new();
    for block in diff.entries.iter().flat_map(|entry| &entry.blocks) {
        assert!(!block.region.is_empty() && !block.subjects.is_empty() && !block.privs.is_empty(), "{block:?}");
        for who in &block.subjects {
            for at in block.region.iter().cloned().flatten() {
                for privilege in block.privs.iter() {
                    let path = String::from_utf8(diff.paths.get(at).to_vec()).unwrap();
                    let change = (diff.subjects[*who as usize].to_string(), path, block.effect, privilege);
                    assert!(changes.insert(change.clone()), "{change:?} is told twice");
                }
            }
        }
    }
    changes
}

/// The same, worked out for each subject and path on its own.
fn naive(old: &Access<'_, '_>, new: &Access<'_, '_>, diff: &Diff) -> Changes {
    let mut changes = Changes::new();
    for subject in &diff.subjects {
        for path in diff.paths.iter() {
            let (was, is) = (old.effective(subject, path), new.effective(subject, path));
            let mut add = |effect, privs: PrivSet| {
                for privilege in privs.iter() {
                    let path = String::from_utf8(path.to_vec()).unwrap();
                    changes.insert((subject.to_string(), path, effect, privilege));
                }
            };
            add(Effect::Gained, is.privs - was.privs);
            add(Effect::Lost, was.privs - is.privs);
            add(Effect::Propagates, (is.propagate - was.propagate) & was.privs);
            add(Effect::PropagatesNoMore, (was.propagate - is.propagate) & is.privs);
        }
    }
    changes
}

fn mirrored(cause: &Cause) -> Cause {
    let mut cause = cause.clone();
    match &mut cause {
        Cause::User { side, .. }
        | Cause::Token { side, .. }
        | Cause::Privsep { side, .. }
        | Cause::Group { side, .. }
        | Cause::Member { side, .. }
        | Cause::Role { side, .. }
        | Cause::Acl { side, .. }
        | Cause::Propagate { side, .. }
        | Cause::Pool { side, .. } => *side = side.other(),
        Cause::RolePrivileges { .. } | Cause::Release | Cause::Several => {}
    }
    cause
}

fn swapped(changes: Changes) -> Changes {
    let swap = |effect| match effect {
        Effect::Gained => Effect::Lost,
        Effect::Lost => Effect::Gained,
        Effect::Propagates => Effect::PropagatesNoMore,
        Effect::PropagatesNoMore => Effect::Propagates,
    };
    changes.into_iter().map(|(who, path, effect, privilege)| (who, path, swap(effect), privilege)).collect()
}

/// A line that is added to a file.
fn edits() -> impl Strategy<Value = String> {
    let paths = select(&PATHS[..]);
    let who = select(&["a@pve", "@g", "@h", "a@pve!sep", "root@pam!sep", "new@pve"][..]);
    let role = select(&["NoAccess", "PVEAdmin", "PVEVMUser", "Administrator", "own"][..]);
    prop_oneof![
        (0..=1u8, paths, who, role).prop_map(|(flag, path, who, role)| format!("acl:{flag}:{path}:{who}:{role}:\n")),
        (select(&["g", "h", "k"][..]), select(&["a@pve", "b@pve", "ghost@pve"][..]))
            .prop_map(|(group, user)| format!("group:{group}:{user}::\n")),
        select(&["token:a@pve!sep:0:0::\n", "token:a@pve!full:0:1::\n", "token:root@pam!sep:0:0::\n"][..])
            .prop_map(str::to_owned),
        select(&["role:own:VM.Console,Sys.Audit:\n", "role:empty:VM.Audit:\n", "role:PVEAuditor:VM.Console:\n"][..])
            .prop_map(str::to_owned),
        select(&["pool:p::100,101:st:\n", "pool:p/q::101:s2:\n", "pool:z::102::\n"][..]).prop_map(str::to_owned),
        Just("user:new@pve:1:0:\n".to_owned()),
    ]
}

proptest! {
    /// Nothing is left out, nothing is made up, nothing is told twice; and both directions tell the same.
    #[test]
    fn entries_are_the_difference(
        old in files(), new in files(), releases in (select(&Release::ALL[..]), select(&Release::ALL[..])),
    ) {
        let (old, new) = (UserCfg::parse(old.as_bytes(), releases.0), UserCfg::parse(new.as_bytes(), releases.1));
        let found = diff(&old, &new);
        let changes = expanded(&found);
        prop_assert_eq!(&changes, &naive(&Access::new(&old), &Access::new(&new), &found));
        prop_assert!(found.gives() == changes.iter().any(|(_, _, effect, _)| *effect == Effect::Gained));
        prop_assert!(found.entries.iter().all(|entry| entry.cause != Cause::Several), "{:#?}", found.entries);

        let back = diff(&new, &old);
        prop_assert_eq!(swapped(expanded(&back)), changes);
        let causes: BTreeSet<_> = found.entries.iter().map(|entry| entry.cause.clone()).collect();
        let mirror: BTreeSet<_> = back.entries.iter().map(|entry| mirrored(&entry.cause)).collect();
        prop_assert_eq!(causes, mirror);

        let same = diff(&old, &old);
        prop_assert!(same.entries.is_empty() && same.remarks.is_empty());
    }

    /// One line more is the cause of all that differs, whatever else stands in the file.
    #[test]
    fn one_edit_is_one_cause(text in files(), line in edits(), release in select(&Release::ALL[..])) {
        let edited = format!("{text}{line}");
        let (old, new) = (UserCfg::parse(text.as_bytes(), release), UserCfg::parse(edited.as_bytes(), release));
        let fields: Vec<_> = line.trim_end().split(':').collect();
        for entry in diff(&old, &new).entries {
            let fits = match (&entry.cause, fields[0]) {
                (Cause::Acl { path, role, side: Side::New } | Cause::Propagate { path, role, .. }, "acl") => {
                    *path == fields[2] && *role == fields[4] && entry.evidence.names == [fields[3].into()].into()
                }
                (Cause::Member { group, side: Side::New }, "group") => {
                    *group == fields[1] && entry.evidence.names == [fields[2].into()].into()
                }
                (Cause::Group { name, side: Side::New }, "group") => *name == fields[1],
                (Cause::Privsep { token, .. }, "token") => *token == fields[1],
                (Cause::RolePrivileges { name }, "role") => *name == fields[1],
                // A guest is in one pool at a time.
                (Cause::Pool { pool, side: Side::New }, "pool") => *pool == fields[1],
                (Cause::Pool { side: Side::Old, .. }, "pool") => true,
                _ => false,
            };
            prop_assert!(fits, "{line} is taken for {:?} in\n{text}", entry.cause);
        }
    }
}

/// A copy of a sample with an edited user.cfg.
struct Edited(tempfile::TempDir);

impl Edited {
    fn new(sample: &str, edits: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(sample);
        for entry in walkdir::WalkDir::new(&from) {
            let entry = entry.unwrap();
            let to = dir.path().join(entry.path().strip_prefix(&from).unwrap());
            if entry.file_type().is_dir() {
                std::fs::create_dir_all(to).unwrap();
            } else {
                std::fs::copy(entry.path(), to).unwrap();
            }
        }
        let file = dir.path().join("pve/user.cfg");
        let mut text = std::fs::read_to_string(&file).unwrap();
        for (this, that) in edits {
            assert_eq!(text.matches(this).count(), 1, "{this}");
            text = text.replace(this, that);
        }
        std::fs::write(file, text).unwrap();
        Self(dir)
    }

    fn path(&self) -> &str {
        self.0.path().to_str().unwrap()
    }
}

fn transcript(title: &str, args: &[&str]) -> String {
    let output = pvelint(&[&["access", "diff"], args].concat());
    format!("# {title}\n{}{}exit code {}\n\n", stdout(&output), stderr(&output), output.status.code().unwrap())
}

/// A sample beside an edited copy of it.
fn edited(title: &str, sample: &str, edits: &[(&str, &str)]) -> String {
    transcript(title, &[&format!("samples/{sample}"), Edited::new(sample, edits).path()])
}

#[test]
fn edits_of_samples() {
    let clean = |title: &str, this: &str, that: &str| edited(title, "clean", &[(this, that)]);
    let last = "acl:1:/storage/shared-nfs:@dev,ci@pve!deploy:PVEDatastoreUser:\n";
    let also = |line: &str| format!("{last}{line}\n");
    insta::assert_snapshot!(
        [
            clean("another role", "Exporter:Datastore.Audit,Sys.Audit,", "Exporter:Datastore.Audit,VM.Console,"),
            clean("a role goes", "role:Exporter:Datastore.Audit,Sys.Audit,VM.Audit:\n", ""),
            clean("a member of admins", "admins:alice@pve:", "admins:alice@pve,bob@pve:"),
            clean("a member less", "dev:bob@pve,ci@pve:", "dev:ci@pve:"),
            edited("no privilege separation", "token-without-acl", &[("deploy:0:1:", "deploy:0:0:")]),
            clean("NoAccess", last, &also("acl:1:/vms/110:@dev:NoAccess:")),
            clean("a deeper ACL", last, &also("acl:1:/vms/100:alice@pve:PVEAuditor:")),
            clean("an ACL moves", "acl:1:/:@admins", "acl:1:/vms:@admins"),
            clean("a flag", "acl:1:/pool/dev", "acl:0:/pool/dev"),
            clean("a flag where nothing is below", last, &also("acl:0:/vms/100:bob@pve:PVEVMUser:")),
            clean("a pool", "110,111", "110,120"),
            clean("a new user", last, &also("user:eve@pve:1:0:\nacl:1:/:eve@pve:PVEAdmin:")),
            clean("a token goes", "token:ci@pve!deploy:0:1:pipeline:\n", ""),
            clean("no login", "alice@pve:1:0", "alice@pve:0:1800000000"),
            clean("a path that doesn't exist", last, &also("acl:1:/pools/dev:bob@pve:PVEAdmin:")),
            edited(
                "several, the worst first",
                "clean",
                &[
                    ("Exporter:Datastore.Audit,Sys.Audit,", "Exporter:Datastore.Audit,"),
                    ("dev:bob@pve,ci@pve:", "dev:bob@pve,ci@pve,monitor@pve:"),
                    (last, &also("acl:1:/:ci@pve:Administrator:")),
                    ("110,111", "111"),
                ]
            ),
        ]
        .concat()
    );
}

#[test]
fn releases() {
    let upgrade = |sample: &str, old: &str, new: &str| {
        let sample = format!("samples/{sample}");
        transcript(&format!("{sample}, {old} to {new}"), &[&sample, &sample, "--pve-old", old, "--pve", new])
    };
    insta::assert_snapshot!(
        [
            upgrade("vm-monitor-on-pve-9", "8", "9"),
            upgrade("clean", "7", "8"),
            upgrade("clean", "9", "8"),
            upgrade("token-without-acl", "8", "8"),
            transcript(
                "what NEW is judged by isn't told",
                &["samples/ghost-storage", "samples/ghost-storage", "--pve-old", "8"]
            ),
        ]
        .concat()
    );
}

#[test]
fn the_same_is_no_difference() {
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/samples")).unwrap() {
        let sample = entry.unwrap().path();
        let sample = sample.to_str().unwrap();
        for release in ["7", "8", "9"] {
            let output = pvelint(&["access", "diff", sample, sample, "--pve", release]);
            assert_eq!(output.status.code(), Some(0), "{sample}: {}", stderr(&output));
            let text = stdout(&output);
            assert!(text.starts_with("no difference in rights (") && text.lines().count() == 1, "{sample}: {text}");
        }
    }
}

#[test]
fn json_has_what_the_text_shortens() {
    let new = Edited::new("clean", &[("admins:alice@pve:", "admins:alice@pve,bob@pve:"), ("110,111", "110,120")]);
    let output = pvelint(&["access", "diff", "samples/clean", new.path(), "--format", "json"]);
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&value["schema_version"], &value["question"]), (&1.into(), &"diff".into()));
    assert_eq!((&value["gained"], &value["lost"]), (&true.into(), &true.into()));
    let changes: Vec<_> =
        value["changes"].as_array().unwrap().iter().map(|one| (&one["change"], &one["has"])).collect();
    assert_eq!(
        changes,
        [("members", "new"), ("pool", "new"), ("pool", "old")]
            .map(|(change, has)| (Value::from(change), Value::from(has)))
            .iter()
            .map(|(change, has)| (change, has))
            .collect::<Vec<_>>()
    );
    let first = &value["changes"][0];
    assert_eq!(first["everything"], serde_json::json!(["bob@pve"]));
    assert_eq!((&first["old_lines"], &first["new_lines"]), (&serde_json::json!([9]), &serde_json::json!([9])));
    let gained = &first["effects"][0];
    assert_eq!((&gained["effect"], gained["privileges"].as_array().unwrap().len()), (&"gained".into(), 47));
    assert_eq!((&gained["paths"][0]["path"], &gained["paths"][0]["below"]), (&"/".into(), &"all".into()));
}

#[test]
fn markdown_keeps_what_is_in_the_file_in_code() {
    let new = Edited::new(
        "clean",
        &[("acl:1:/:@admins", "role:x:VM.Audit:\nuser:a`b```@pve:1:0:\nacl:1:/:a`b```@pve,@admins")],
    );
    let output = pvelint(&["access", "diff", "samples/clean", new.path(), "--format", "md"]);
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn one_side_can_come_on_standard_input_and_files_cannot_drive_a_terminal() {
    let text = b"user:a\x1b[2J@pve:1:0:\nacl:1:/:a\x1b[2J@pve:PVEAuditor:\n";
    for format in ["text", "md", "json"] {
        let output = pvelint_with_stdin(&["access", "diff", "samples/clean", "-", "--format", format], text);
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        assert!(!output.stdout.contains(&0x1b) && stdout(&output).contains("[2J@pve"), "{}", stdout(&output));
    }
    let output = pvelint_with_stdin(&["access", "diff", "-", "samples/clean"], b"");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
}

#[test]
fn what_cannot_be_compared_says_so() {
    for (line, code, hint) in [
        ("diff - -", 2, "only one"),
        ("diff samples/clean", 2, "NEW"),
        ("diff samples samples/clean", 2, "several clusters"),
        ("diff samples/clean samples/nowhere", 3, "nowhere"),
        ("diff samples/clean samples/clean/pve/nodes", 3, "no user.cfg"),
        ("diff samples/clean samples/clean --pve-old 6", 2, "7, 8 and 9"),
    ] {
        let args = words(&format!("access {line}"));
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let output = pvelint(&args);
        assert_eq!(output.status.code(), Some(code), "{line}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains(hint), "{line}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{line}");
    }
}
