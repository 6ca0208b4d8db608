//! `pvelint access` as an admin sees it: whole transcripts of the real binary on the samples. Read a changed snapshot
//! before accepting it.

use super::cli::{pvelint, pvelint_with_stdin, stderr, stdout};
use serde_json::Value;

/// A command line, what it prints, and its exit code.
fn transcript(lines: &[&str]) -> String {
    lines.iter().map(|line| run(line, b"")).collect()
}

fn run(line: &str, stdin: &[u8]) -> String {
    let args = words(line);
    let args: Vec<_> = std::iter::once("access").chain(args.iter().map(String::as_str)).collect();
    let output = pvelint_with_stdin(&args, stdin);
    format!(
        "$ pvelint access {line}\n{}{}exit code {}\n\n",
        stdout(&output),
        stderr(&output),
        output.status.code().unwrap()
    )
}

/// The words of a command line, with '...' around some.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words
}

fn json(args: &[&str]) -> Value {
    let args: Vec<_> = std::iter::once("access").chain(args.iter().copied()).chain(["--format", "json"]).collect();
    let output = pvelint(&args);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{args:?}: {error}\n{}", stderr(&output)))
}

#[test]
fn show() {
    insta::assert_snapshot!(transcript(&[
        "show kid@pve -c samples/homelab",
        "show bob@pve /storage/shared-nfs -c samples/clean",
        "show bob@pve /vms/120 -c samples/clean",
        "show mum@pve -c samples/homelab",
        "show monitor@pve!prometheus --all -c samples/clean",
    ]));
}

#[test]
fn can() {
    insta::assert_snapshot!(transcript(&[
        "can bob@pve VM.PowerMgmt /vms/110 -c samples/clean",
        "can root@pam VM.PowerMgmt /vms/110 -c samples/clean",
        "can ci@pve!deploy VM.Console /vms/111 -c samples/clean",
        "can terraform@pve!iac VM.Allocate /vms/100 -c samples/disk-without-storage",
        "can kid@pve VM.Audit /vms/106 -c samples/homelab",
        "can old@pve VM.Audit /vms/105 -c samples/homelab",
        "can bob@pve VM.Allocate /vms/999 -c samples/clean",
    ]));
}

#[test]
fn can_operation() {
    insta::assert_snapshot!(transcript(&[
        "can bob@pve vm-start vmid=111 -c samples/clean",
        "can bob@pve disk-add vmid=111 storage=shared-nfs -c samples/clean",
        "can terraform@pve disk-add vmid=100 storage=local-lvm -c samples/disk-without-storage",
        "can bob@pve vm-clone vmid=111 newid=112 storage=shared-nfs pool=dev -c samples/clean",
        "can alice@pve acme-account -c samples/clean",
        "can root@pam acme-account -c samples/clean",
        "can alice@pve acl-modify path=/vms/110 -c samples/clean",
    ]));
}

#[test]
fn why() {
    insta::assert_snapshot!(transcript(&[
        "why bob@pve VM.PowerMgmt /vms/110 -c samples/clean",
        "why ci@pve!deploy Datastore.AllocateSpace /storage/shared-nfs -c samples/clean",
        "why monitor@pve!prometheus Sys.Audit /nodes/pve1 -c samples/clean",
        "why kid@pve VM.Console /vms/105 -c samples/homelab",
    ]));
}

#[test]
fn why_not_samples() {
    insta::assert_snapshot!(transcript(&[
        "why-not ci@pve!deploy VM.PowerMgmt /vms/100 -c samples/token-without-acl",
        "why-not deploy@pve VM.PowerMgmt /vms/100 -c samples/acl-path-misspelt",
        "why-not dora@pve VM.Console /vms/101 -c samples/guest-missing-from-pool",
        "why-not prometheus@pve!exporter VM.GuestAgent.Audit /vms/100 -c samples/vm-monitor-on-pve-9",
        "why-not grafana@pve!read Sys.Audit /nodes/pve -c samples/homelab",
        "why-not bob@pve VM.Audit /vms/110 -c samples/clean",
    ]));
}

/// Each reason for which a privilege can be missing, told on a small file.
#[test]
fn why_not_reasons() {
    let head =
        "user:a@pve:1:0:\nuser:off@pve:0:0:\nuser:old@pve:1:1:\ngroup:g:a@pve::\npool:p::100::\ntoken:a@pve!ci:0:1::\n";
    let story = |lines: &str, question: &str| {
        let file = format!("{head}{lines}");
        format!(
            "# {}\n{}",
            lines.trim_end().replace('\n', "\n# "),
            run(&format!("{question} -c - --pve 9"), file.as_bytes())
        )
    };
    let power = "why-not a@pve VM.PowerMgmt /vms/100";
    insta::assert_snapshot!(
        [
            story("\n", power),
            story("acl:1:/vms:a@pve:PVEVMAdmin:\nacl:1:/vms/100:a@pve:PVEAuditor:\n", power),
            story("acl:1:/vms:@g:PVEVMAdmin:\nacl:1:/vms:a@pve:PVEAuditor:\n", power),
            story("acl:1:/vms:a@pve:NoAccess:\n", power),
            story("acl:1:/pool/p:@g:NoAccess:\nacl:1:/vms/100:a@pve:PVEVMAdmin:\n", power),
            story("acl:0:/vms:a@pve:PVEVMAdmin:\n", power),
            story("acl:1:/vms:a@pve:PVEVMAdmin:\n", "why-not a@pve!ci VM.PowerMgmt /vms/100"),
            story("acl:1:/vms:a@pve!ci:PVEVMAdmin:\n", "why-not a@pve!ci VM.PowerMgmt /vms/100"),
            story("role:own:VM.PowerMgt,VM.Audit:\nacl:1:/vms:a@pve:own:\n", power),
            story(
                "role:own:VM.Monitor,VM.Audit:\nacl:1:/vms:a@pve:own:\n",
                "why-not a@pve VM.GuestAgent.Audit /vms/100"
            ),
            story("acl:1:/vms/100:a@pve:late:\nrole:late:VM.PowerMgmt:\n", power),
            story("acl:1:/vms:off@pve,old@pve:PVEVMAdmin:\n", "why off@pve VM.PowerMgmt /vms/100"),
            story("acl:1:/vms:off@pve,old@pve:PVEVMAdmin:\n", "why old@pve VM.PowerMgmt /vms/100"),
            story("token:b@pve!ci:0:1::\nacl:1:/vms:b@pve!ci:PVEVMAdmin:\n", "why-not b@pve!ci VM.PowerMgmt /vms/100"),
        ]
        .concat()
    );
}

#[test]
fn why_403() {
    insta::assert_snapshot!(transcript(&[
        "why-403 'Permission check failed (/vms/100, VM.PowerMgmt)' --as ci@pve!deploy -c samples/token-without-acl",
        "why-403 '403 Permission check failed (/storage/local-lvm, Datastore.AllocateSpace)' --as terraform@pve!iac -c samples/disk-without-storage",
        "why-403 '/vms/100, VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted' --as prometheus@pve!exporter -c samples/vm-monitor-on-pve-9",
        "why-403 'Permission check failed (/vms/110, VM.Audit)' --as bob@pve -c samples/clean",
        "why-403 'Permission check failed (/vms/-, VM.Allocate)' --as bob@pve -c samples/clean",
        "why-403 'Permission check failed (user != root@pam)' --as alice@pve -c samples/clean",
        "why-403 'user != root@pam' --as root@pam!x -c samples/clean",
    ]));
}

#[test]
fn who() {
    insta::assert_snapshot!(transcript(&[
        "who VM.PowerMgmt /vms/110 -c samples/clean",
        "who VM.PowerMgmt Datastore.AllocateSpace /storage/shared-nfs --any -c samples/clean",
        "who Sys.Audit Sys.Modify / -c samples/clean",
        "who VM.Audit /vms/105 -c samples/homelab",
    ]));
}

#[test]
fn needs_and_operations() {
    insta::assert_snapshot!(transcript(&[
        "needs vm-start",
        "needs vm.monitor.write",
        "needs disk-add --pve 9",
        "needs acme-account",
        "operations disk",
    ]));
}

#[test]
fn matrix() {
    insta::assert_snapshot!(transcript(&[
        "matrix samples/homelab --path /vms/200",
        "matrix samples/homelab --format md",
        "matrix samples/vm-monitor-on-pve-9 --format csv --path /nodes/pve1",
        "matrix samples/vm-monitor-on-pve-9/pve/user.cfg --pve 9 --path /vms/100 --format json",
    ]));
}

#[test]
fn what_nobody_knows_is_an_error_with_a_hint() {
    for (line, hint) in [
        ("show kidd@pve -c samples/homelab", "did you mean kid@pve?"),
        ("show @family -c samples/homelab", "its members: kid@pve, mum@pve"),
        ("can bob@pve VM.Powermgmt /vms/110 -c samples/clean", "did you mean VM.PowerMgmt?"),
        ("can bob@pve VM.Monitor /vms/110 -c samples/clean", "in its place came"),
        ("can bob@pve VM.Audit /vm/110 -c samples/clean", "did you mean /vms/110?"),
        ("can bob@pve VM.Audit /vms/0110 -c samples/clean", "did you mean /vms/110?"),
        ("can bob@pve VM.Audit /pools/dev -c samples/clean", "did you mean /pool/dev?"),
        ("can bob@pve VM.Audit /access/realms/pve -c samples/clean", "did you mean /access/realm/pve?"),
        ("can bob@pve VM.Audit -c samples/clean", "on which path?"),
        ("can bob@pve vm-strat vmid=110 -c samples/clean", "did you mean vm-start?"),
        ("can bob@pve vm-start -c samples/clean", "vm-start needs vmid"),
        ("can bob@pve vm-start vm=110 -c samples/clean", "did you mean vmid?"),
        ("can bob@pve vm-start vmid= -c samples/clean", "NAME=VALUE"),
        ("can bob@pve vm-start vmid=110 vmid=111 -c samples/clean", "twice"),
        ("can bob@pve vm-start vmid=1{0 -c samples/clean", "can't be the vmid"),
        ("can bob@pve mapping-pci-create -c samples/clean --pve 7", "PVE 7 has no"),
        ("needs vm-strat", "did you mean vm-start?"),
        ("operations zzz", "no operation"),
        ("why-403 'it failed' --as bob@pve -c samples/clean", "Permission check failed (/vms/100, VM.PowerMgmt)"),
        ("matrix samples/clean --path vms/100", "did you mean /vms/100?"),
        ("who VM.Audit /vms/110 -c samples", "several clusters"),
    ] {
        let args = words(line);
        let args: Vec<_> = std::iter::once("access").chain(args.iter().map(String::as_str)).collect();
        let output = pvelint(&args);
        assert_eq!(output.status.code(), Some(2), "{line}: {}{}", stdout(&output), stderr(&output));
        assert!(stderr(&output).contains(hint), "{line}: {}", stderr(&output));
        assert_eq!(stdout(&output), "", "{line}");
    }
    let output = pvelint(&["access", "show", "a@pve", "-c", "samples/nowhere"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
}

#[test]
fn json_answers_what_the_text_answers() {
    for (args, question) in [
        (&["show", "bob@pve", "-c", "samples/clean"][..], "show"),
        (&["can", "bob@pve", "VM.Audit", "/vms/110", "-c", "samples/clean"], "can"),
        (&["can", "bob@pve", "vm-start", "vmid=110", "-c", "samples/clean"], "can"),
        (&["why", "bob@pve", "VM.Audit", "/vms/110", "-c", "samples/clean"], "why"),
        (&["why-not", "bob@pve", "Sys.Audit", "/", "-c", "samples/clean"], "why-not"),
        (&["why-403", "/vms/110, VM.Audit", "--as", "bob@pve", "-c", "samples/clean"], "why-403"),
        (&["who", "VM.Audit", "/vms/110", "-c", "samples/clean"], "who"),
        (&["escalate", "-c", "samples/helpdesk-becomes-root"], "escalate"),
        (&["escalate", "bob@pve", "-c", "samples/clean"], "escalate"),
        (&["needs", "vm-start"], "needs"),
        (&["operations"], "operations"),
    ] {
        let value = json(args);
        assert_eq!((&value["schema_version"], &value["question"]), (&1.into(), &question.into()), "{args:?}");
    }
    let clean = ["-c", "samples/clean"];
    let can = json(&[&["can", "bob@pve", "VM.Audit", "/vms/110"][..], &clean].concat());
    assert_eq!((&can["answer"], &can["chain"][0]["lines"]), (&true.into(), &serde_json::json!([10])));
    let not = json(&[&["why-not", "bob@pve", "Sys.Audit", "/nodes/pve1"][..], &clean].concat());
    assert_eq!(not["answer"], false);
    assert_eq!(not["changes"][0]["commands"][0], "pveum acl modify /nodes/pve1 --users bob@pve --roles PVEAuditor");
    let operation = json(&[&["can", "bob@pve", "disk-add", "vmid=110", "storage=local"][..], &clean].concat());
    assert_eq!(operation["answer"], false);
    let answers: Vec<_> = operation["checks"].as_array().unwrap().iter().map(|check| &check["answer"]).collect();
    assert!(answers.contains(&&true.into()) && answers.contains(&&false.into()), "{answers:?}");
}

#[test]
fn escalate() {
    insta::assert_snapshot!(transcript(&[
        "escalate -c samples/helpdesk-becomes-root",
        "escalate -c samples/clean",
        "escalate --to guest -c samples/clean",
        "escalate iac@pve!terraform -c samples/helpdesk-becomes-root",
        "escalate carol@pve -c samples/helpdesk-becomes-root",
        "escalate alice@pve -c samples/clean",
        "escalate root@pam -c samples/clean",
        "escalate alcie@pve -c samples/clean",
        "escalate --to guests -c samples/clean",
    ]));
}

/// One step after the other, each with whose right it is.
#[test]
fn escalate_tells_whole_chains() {
    let file = b"user:root@pam:1:0::::::
user:lead@pve:1:0::::::
user:ops@pve:1:0::::::
user:gone@pve:0:0::::::
group:ops:ops@pve:
acl:1:/access/groups/ops:lead@pve,gone@pve:PVEUserAdmin:
acl:1:/access/realm/pve:lead@pve:PVEUserAdmin:
acl:1:/vms:@ops:PVEVMAdmin:
acl:1:/mapping:ops@pve:PVEMappingAdmin:
acl:1:/nodes:ops@pve:PVESysAdmin:
";
    let lines = ["escalate -c -", "escalate lead@pve -c -", "escalate gone@pve --to node-root -c -"];
    insta::assert_snapshot!(lines.map(|line| run(line, file)).concat());
}

#[test]
fn the_matrix_is_that_of_the_engine() {
    let text = std::fs::read("samples/clean/pve/user.cfg").unwrap();
    let cfg = pvelint::model::user::UserCfg::parse(&text, pvelint::release::Release::Pve9);
    let engine = pvelint::access::matrix(&pvelint::access::Access::new(&cfg), [&b"/vms/100"[..]]);
    let args =
        ["access", "matrix", "samples/clean/pve/user.cfg", "--pve", "9", "--path", "/vms/100", "--format", "json"];
    let printed: Value = serde_json::from_slice(&pvelint(&args).stdout).unwrap();
    assert_eq!(printed, engine);
    let stdin =
        pvelint_with_stdin(&["access", "matrix", "-", "--pve", "9", "--path", "/vms/100", "--format", "json"], &text);
    assert_eq!(serde_json::from_slice::<Value>(&stdin.stdout).unwrap(), engine);
}

#[test]
fn a_file_of_a_megabyte_cannot_ask_for_more_than_there_is_room_for() {
    let wide: String =
        (0..1_500).map(|n| format!("user:u{n}@pve:1:0:\nacl:1:/vms/{}:u{n}@pve:PVEAuditor:\n", 1000 + n)).collect();
    let ask =
        |text: &str, format: &str| pvelint_with_stdin(&["access", "matrix", "-", "--format", format], text.as_bytes());
    let table = ask(&wide, "text");
    assert_eq!(table.status.code(), Some(2));
    assert!(stderr(&table).contains("1501 subjects on 1510 paths make no table to read"), "{}", stderr(&table));
    let rows: Value = serde_json::from_slice(&ask(&wide, "json").stdout).unwrap();
    assert_eq!(rows["permissions"].as_object().unwrap().len(), 1_501);

    let deep = format!("user:a@pve:1:0:\nacl:1:{}:a@pve:PVEAuditor:\n", "/a".repeat(100_000));
    let rows: Value = serde_json::from_slice(&ask(&deep, "json").stdout).unwrap();
    assert_eq!(rows["paths"].as_array().unwrap().len(), 9 + 64 + 1, "PVE looks at nothing deeper");
}

#[test]
fn what_comes_from_the_file_cannot_drive_a_terminal_or_a_shell() {
    let file = b"user:a\x1b[2J@pve:1:0:\nuser:$(id)@pve:1:0:\nacl:1:/vms:$(id)@pve:PVEAuditor:\nacl:1:/vms:a\x1b[2J@pve:PVEAuditor:\n";
    for subject in ["a\u{1b}[2J@pve", "$(id)@pve"] {
        for question in ["why", "why-not"] {
            let args = ["access", question, subject, "VM.PowerMgmt", "/vms/100", "-c", "-"];
            let output = pvelint_with_stdin(&args, file);
            assert!(!output.stdout.contains(&0x1b), "{}", stdout(&output));
            assert!(!stdout(&output).contains(" $(id)@pve --"), "{}", stdout(&output));
        }
        let file = [&file[..], b"acl:1:/access:$(id)@pve,a\x1b[2J@pve:PVEUserAdmin:\n"].concat();
        let output = pvelint_with_stdin(&["access", "escalate", subject, "-c", "-"], &file);
        assert!(stdout(&output).contains("become administrator"), "{}", stdout(&output));
        assert!(!output.stdout.contains(&0x1b), "{}", stdout(&output));
        assert!(!stdout(&output).contains(" $(id)@pve --"), "{}", stdout(&output));
    }
}
