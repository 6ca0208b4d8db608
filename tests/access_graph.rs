//! `pvelint access graph`: what comes of each ACL, what is kept and put together, and that any name can be drawn. The page
//! has its tests in `page.rs`.

mod page;

use pvelint::access::graph::{EdgeKind, Effect, Graph, Idle, merge, select};
use pvelint::access::{Access, matrix};
use pvelint::model::user::UserCfg;
use pvelint::release::Release;
use serde_json::Value;

use super::cli::{pvelint, pvelint_with_stdin, stderr, stdout};

/// Names that mean something to HTML, scripts, dot and Mermaid. PVE takes all of them.
const HOSTILE: &str = "user:<script>window.broken=1<@pve:1:0:\n\
    user:<img\u{2028}src=x>@pve:1:0:\nuser:a\"];x--b@pve:1:0:\nuser:end\\@pve:1:0:\nuser:&lt;`md`@pve:1:0:\n\
    user:<!--<script>@pve:1:0:\nuser:\u{202e}evil@pve:1:0:\nuser:#quot;|click@pve:1:0:\n\
    acl:1:/:a\"];x--b@pve:PVEAuditor:\nacl:1:/vms:end\\@pve:PVEVMAdmin:\nacl:1:/vms:&lt;`md`@pve:PVEVMAdmin:\n\
    acl:1:/vms/100:#quot;|click@pve:PVEVMAdmin:\n";

fn transcript(lines: &[&str]) -> String {
    let run = |line: &&str| {
        let args: Vec<_> = ["access", "graph"].into_iter().chain(line.split(' ')).collect();
        let output = pvelint(&args);
        let code = output.status.code().unwrap();
        format!("$ pvelint access graph {line}\n{}{}exit code {code}\n\n", stdout(&output), stderr(&output))
    };
    lines.iter().map(run).collect()
}

#[test]
fn samples() {
    insta::assert_snapshot!(transcript(&[
        "samples/homelab",
        "samples/clean --format mermaid",
        "samples/clean --subject bob@pve --format mermaid",
        "samples/clean --path /vms/120",
        "samples/homelab --subject kid@pve --path /vms/105 --format json",
        "samples/homelab --subject @family --path /vms/105",
        "samples/homelab --path /pools/games --format mermaid",
        "samples/clean --subject bobb@pve",
        "samples/clean --subject zz*",
        "samples/clean --path vms/110",
        "samples/clean --path /vms/9*",
        "samples/clean --path /pools/dev",
        "samples/clean --html x.html --format dot",
    ]));
}

/// What comes of each entry of a small file.
fn effects(text: &str) -> Vec<(Effect, bool)> {
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let graph = Graph::new(&Access::new(&cfg), []);
    let mut edges: Vec<_> = graph.edges.iter().filter(|edge| matches!(edge.kind, EdgeKind::Acl { .. })).collect();
    edges.sort_by_key(|edge| edge.span.unwrap().start);
    let effect = |kind| match kind {
        EdgeKind::Acl { effect, replaces, .. } => (effect, replaces),
        _ => unreachable!(),
    };
    edges.into_iter().map(|edge| effect(edge.kind)).collect()
}

#[test]
fn each_acl_says_what_comes_of_it() {
    use Effect::{Denies, Gives, None};
    let head = "user:root@pam:1:0:\nuser:a@pve:1:0:\nuser:b@pve:1:0:\ntoken:a@pve!sep:0:1::\ntoken:a@pve!full:0:0::\n\
        group:g:a@pve,b@pve::\ngroup:one:a@pve::\ngroup:empty:::\npool:p::100,101:s:\nrole:nothing::\n";
    for (acls, expected) in [
        ("acl:1:/vms:a@pve:PVEVMUser:\n", vec![(Gives, false)]),
        ("acl:1:/:root@pam:PVEAdmin:\n", vec![(None(Idle::Root), false)]),
        ("acl:1:/vms:@empty:PVEVMUser:\n", vec![(None(Idle::NoMembers), false)]),
        ("acl:1:/pools/p:a@pve:PVEVMUser:\n", vec![(None(Idle::Unchecked), false)]),
        ("acl:1:/vms:a@pve!full:PVEVMUser:\n", vec![(None(Idle::FullToken), false)]),
        // Hidden for the only member, not for the second.
        (
            "acl:1:/vms:@one:PVEVMUser:\nacl:1:/vms:a@pve:PVEAuditor:\n",
            vec![(None(Idle::Hidden), false), (Gives, false)],
        ),
        ("acl:1:/vms:@g:PVEVMUser:\nacl:1:/vms:a@pve:PVEAuditor:\n", vec![(Gives, false), (Gives, false)]),
        // Hidden on the path itself; below it the group's propagates and the own one doesn't.
        ("acl:1:/vms:@one:PVEVMUser:\nacl:0:/vms:a@pve:PVEAuditor:\n", vec![(Gives, false), (Gives, false)]),
        (
            "acl:0:/vms/100:@one:PVEVMUser:\nacl:0:/vms/100:a@pve:PVEAuditor:\n",
            vec![(None(Idle::Hidden), false), (Gives, false)],
        ),
        ("acl:1:/vms:a@pve:NoAccess,PVEVMUser:\n", vec![(Denies, false), (None(Idle::NoAccess), false)]),
        ("acl:1:/vms:a@pve:nothing:\n", vec![(Denies, false)]),
        // A NoAccess on the pool leaves nothing of what is given on its member.
        (
            "acl:1:/pool/p:a@pve:NoAccess:\nacl:1:/vms/100:a@pve:PVEVMUser:\n",
            vec![(Denies, false), (None(Idle::NoAccess), false)],
        ),
        ("acl:1:/pool/p:a@pve:NoAccess:\nacl:1:/vms:a@pve:PVEVMUser:\n", vec![(Denies, false), (Gives, false)]),
        ("acl:1:/:a@pve:PVEVMUser:\nacl:1:/vms/100:a@pve:PVEAuditor:\n", vec![(Gives, false), (Gives, true)]),
        // A token needs its owner: nowhere, on the path, deeper, through a pool.
        ("acl:1:/vms:a@pve!sep:PVEVMUser:\n", vec![(None(Idle::Owner), false)]),
        ("acl:1:/vms:a@pve!sep:PVEVMUser:\nacl:1:/:@g:PVEAuditor:\n", vec![(Gives, false), (Gives, false)]),
        ("acl:1:/vms:a@pve!sep:PVEVMUser:\nacl:1:/vms/300:a@pve:PVEVMUser:\n", vec![(Gives, false), (Gives, false)]),
        ("acl:1:/vms:a@pve!sep:PVEVMUser:\nacl:1:/pool/p:a@pve:PVEVMUser:\n", vec![(Gives, false), (Gives, false)]),
        ("acl:1:/pool/p:a@pve!sep:PVEVMUser:\nacl:1:/vms/101:a@pve:PVEVMUser:\n", vec![(Gives, false), (Gives, false)]),
        (
            "acl:0:/vms:a@pve!sep:PVEVMUser:\nacl:1:/vms/300:a@pve:PVEVMUser:\n",
            vec![(None(Idle::Owner), false), (Gives, false)],
        ),
        (
            "acl:1:/storage:a@pve!sep:PVEVMUser:\nacl:1:/vms:a@pve:PVEVMUser:\n",
            vec![(None(Idle::Owner), false), (Gives, false)],
        ),
    ] {
        assert_eq!(effects(&format!("{head}{acls}")), expected, "{acls}");
    }
}

/// What the graph calls without effect can go: nobody's rights change anywhere.
#[test]
fn an_acl_without_effect_can_go() {
    use proptest::prelude::*;
    let subject = prop::sample::select(vec![
        "a@pve",
        "b@pve",
        "@g",
        "@h",
        "a@pve!s",
        "a@pve!f",
        "ghost@pve",
        "@none",
        "root@pam",
    ]);
    let path =
        prop::sample::select(vec!["/", "/vms", "/vms/100", "/vms/101", "/pool/p", "/storage/s", "/pools/p", "/pool"]);
    let role =
        prop::sample::select(vec!["PVEAuditor", "PVEVMUser", "PVEVMAdmin", "NoAccess", "PVEDatastoreUser", "nothing"]);
    let entry = (0..2, path, subject, role);
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let strategy = prop::collection::vec(entry, 1..9);
    let run = runner.run(&strategy, |entries| {
        let head = "user:root@pam:1:0:\nuser:a@pve:1:0:\nuser:b@pve:1:0:\ntoken:a@pve!s:0:1::\ntoken:a@pve!f:0:0::\n\
            group:g:a@pve,b@pve::\ngroup:h:a@pve::\ngroup:none:::\npool:p::100:s:\nrole:nothing::\n";
        // Of entries that only differ in their propagate bit the last counts; without it the one before would.
        let mut seen = std::collections::HashSet::new();
        let entries: Vec<_> =
            entries.into_iter().filter(|(_, path, who, role)| seen.insert((*path, *who, *role))).collect();
        let lines: Vec<String> =
            entries.iter().map(|(bit, path, who, role)| format!("acl:{bit}:{path}:{who}:{role}:\n")).collect();
        let text = format!("{head}{}", lines.concat());
        let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
        let access = Access::new(&cfg);
        let extra =
            ["/vms/100", "/vms/101", "/vms/102", "/storage/s", "/storage/t", "/pool/p", "/", "/vms", "/nodes/n"];
        let before = matrix(&access, extra.map(str::as_bytes));
        for edge in Graph::new(&access, []).edges {
            let EdgeKind::Acl { effect: Effect::None(idle), .. } = edge.kind else { continue };
            if idle == Idle::Unchecked {
                continue;
            }
            let line = edge.span.unwrap();
            let without = format!("{}{}", &text[..line.start as usize], &text[line.end as usize..]);
            let cfg = UserCfg::parse(without.as_bytes(), Release::Pve9);
            let paths: Vec<_> = before["paths"].as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
            let after = matrix(&Access::new(&cfg), paths.iter().map(|path| path.as_bytes()));
            for (who, row) in rows(&before) {
                for (at, path) in paths.iter().enumerate() {
                    let now = privileges(&after, who, path);
                    prop_assert_eq!(
                        named(&before, &row[at]),
                        now,
                        "{} on {} without {} in\n{}",
                        who,
                        path,
                        line.start,
                        text
                    );
                }
            }
        }
        Ok(())
    });
    run.unwrap();
}

fn rows(matrix: &Value) -> impl Iterator<Item = (&String, &Value)> {
    ["permissions", "ghost_permissions"].into_iter().filter_map(|key| matrix[key].as_object()).flatten()
}

/// Names with their propagate bits.
fn named(matrix: &Value, set: &Value) -> Vec<String> {
    let set = &matrix["privsets"][usize::try_from(set.as_u64().unwrap()).unwrap()];
    let list = |bit: &str| {
        set[bit]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| format!("{} {bit}", name.as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let mut all = [list("0"), list("1")].concat();
    all.sort();
    all
}

fn privileges(matrix: &Value, who: &str, path: &str) -> Vec<String> {
    let at = matrix["paths"].as_array().unwrap().iter().position(|known| known == path);
    let row = rows(matrix).find(|(known, _)| *known == who);
    at.zip(row).map(|(at, (_, row))| named(matrix, &row[at])).unwrap_or_default()
}

#[test]
fn a_selection_is_what_lies_on_the_way() {
    let text = std::fs::read("samples/clean/pve/user.cfg").unwrap();
    let cfg = UserCfg::parse(&text, Release::Pve9);
    let graph = Graph::new(&Access::new(&cfg), []);
    let names = |graph: &Graph| graph.nodes.iter().map(|node| node.name.to_string()).collect::<Vec<_>>();
    let bob = select(&graph, Some(&|node| node.name == "bob@pve"), None);
    assert_eq!(names(&bob), ["bob@pve", "dev", "/pool/dev", "/storage/shared-nfs", "/vms/110", "/vms/111"]);
    let vm = select(&graph, None, Some(&|node| node.name == "/vms/110"));
    let all = ["alice@pve", "bob@pve", "ci@pve", "monitor@pve", "root@pam", "ci@pve!deploy", "monitor@pve!prometheus"];
    assert_eq!(names(&vm), [&all[..], &["admins", "dev", "/", "/pool/dev", "/vms/110"]].concat());
    let both = select(&graph, Some(&|node| node.name == "dev"), Some(&|node| node.name == "/vms/110"));
    assert_eq!(names(&both), ["bob@pve", "ci@pve", "dev", "/pool/dev", "/vms/110"]);
    let none = select(&graph, Some(&|node| node.name == "dev"), Some(&|node| node.name == "/"));
    assert_eq!(names(&none), [""; 0]);
    assert_eq!(select(&graph, None, None), graph);
}

#[test]
fn what_is_alike_becomes_one() {
    let vms: Vec<String> = (100..412).map(|vmid| vmid.to_string()).collect();
    let text = format!(
        "user:a@pve:1:0:\nuser:b@pve:1:0:\npool:p::{}:s:\nacl:1:/pool/p:a@pve,b@pve:PVEVMUser:\n",
        vms.join(",")
    );
    let cfg = UserCfg::parse(text.as_bytes(), Release::Pve9);
    let graph = Graph::new(&Access::new(&cfg), []);
    let sizes: Vec<usize> = merge(&graph, 5).nodes.iter().map(Vec::len).filter(|size| *size > 1).collect();
    assert_eq!(sizes, [312]);
    let dot = stdout(&pvelint_with_stdin(&["access", "graph", "-", "--pve", "9"], text.as_bytes()));
    assert!(dot.contains("312 guests\\n/vms/100\\n/vms/101\\n/vms/102\\n..."), "{dot}");
    assert!(dot.lines().count() < 25, "{dot}");
    let one = merge(&graph, 1);
    assert!(one.nodes.iter().any(|node| node.len() == 2), "both users have the same edges");
}

/// A line of dot or Mermaid with its quoted strings taken out, and the strings.
fn unquoted(line: &str, escape: Option<char>) -> (String, Vec<String>) {
    let (mut bare, mut strings, mut inside, mut escaped) = (String::new(), Vec::<String>::new(), false, false);
    for c in line.chars() {
        if inside && (escaped || Some(c) == escape) {
            escaped = !escaped;
            strings.last_mut().unwrap().push(c);
        } else if c == '"' {
            inside = !inside;
            if inside {
                strings.push(String::new());
                bare.push('S');
            }
        } else if inside {
            strings.last_mut().unwrap().push(c);
        } else {
            bare.push(c);
        }
    }
    assert!(!inside && !escaped, "a string doesn't end in {line}");
    (bare, strings)
}

/// Outside of strings there is nothing but what pvelint itself writes, whatever the names.
#[test]
fn names_stay_in_their_strings() {
    let dot = stdout(&pvelint_with_stdin(&["access", "graph", "-", "--pve", "9"], HOSTILE.as_bytes()));
    assert!(dot.starts_with("// ") && dot.ends_with("}\n"));
    for line in dot.lines().skip(2).filter(|line| *line != "}") {
        let (bare, strings) = unquoted(line, Some('\\'));
        let plain = bare.chars().all(|c| c.is_ascii_alphanumeric() || " =,;[]->._".contains(c));
        assert!(plain && bare.ends_with(';') && bare.matches('[').count() == bare.matches(']').count(), "{line}");
        for string in strings {
            assert!(!string.contains(['\u{2028}', '\u{202e}', '\n']) && !string.contains("&lt;"), "{line}");
        }
    }
    let mermaid =
        stdout(&pvelint_with_stdin(&["access", "graph", "-", "--pve", "9", "--format", "mermaid"], HOSTILE.as_bytes()));
    let mut lines = mermaid.lines();
    assert!(lines.next().unwrap().starts_with("%% ") && lines.next() == Some("flowchart LR"));
    for line in lines.take_while(|line| !line.trim_start().starts_with("classDef")) {
        let (bare, strings) = unquoted(line, None);
        let node = bare.trim_start().split_once(":::").map_or(&*bare, |(node, _)| node);
        let drawn = ["(S)", "([S])", "{{S}}", "[S]"].iter().any(|shape| node.ends_with(shape))
            || ["-->", "--x", "-.->", "--o", "-.-"].iter().any(|arrow| bare.contains(arrow));
        assert!(drawn, "{line}");
        for string in strings {
            let string = string.replace("<br/>", "");
            let plain = |c: char| c.is_alphanumeric() || " /.@,:!_-#;".contains(c);
            assert!(string.chars().all(plain) && !string.starts_with('-'), "{line}");
        }
    }
}
