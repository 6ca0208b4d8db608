//! VMs: what PVE's own code made of thousands of configurations, and of vectors written for single questions.

use bstr::ByteSlice;
use pvelint::model::vm::{Vm, dump};
use pvelint::release::Release;
use serde_json::{Value, json};

use super::support::{collapse, input_bytes, recordings, reference};

fn release(version: &str) -> Release {
    version.parse().unwrap()
}

/// Strings with runs of U+FFFD as one, warnings of a format error with their lines sorted.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(collapse(text)),
        Value::Number(number) => json!(number.to_string()),
        Value::Array(list) => list.iter().map(normal).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (collapse(key), normal(value))).collect()),
        other => other.clone(),
    }
}

pub(crate) fn sorted(warnings: &Value) -> Value {
    let one = |text: &Value| {
        let text = text.as_str().unwrap().trim_end();
        let (head, rest) = text.split_once('\n').unwrap_or((text, ""));
        let mut lines: Vec<&str> = rest.lines().filter(|line| !line.is_empty()).collect();
        if head.ends_with("format error") {
            lines.sort_unstable();
        }
        json!(collapse(&format!("{head}|{}", lines.join("|"))))
    };
    warnings.as_array().unwrap().iter().map(one).collect()
}

/// Every recording: configuration, property strings and warnings are PVE's.
#[test]
fn recorded_vms_are_read_as_pve_reads_them() {
    let cases = recordings("qemu_conf");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = input_bytes(&case["input"], "conf");
        let vmid = case["input"]["vmid"].to_string().trim_matches('"').parse().unwrap();
        let vm = Vm::parse(&text, vmid, release(case["version"].as_str().unwrap()));
        let ours = dump::dump(&vm);
        let expect = &case["expect"];
        for part in ["config", "props"] {
            let (ours, theirs) = (normal(&ours[part]), normal(&expect[part]));
            if ours != theirs {
                wrong.push(format!("{} {part}{}", case["id"], difference(&ours, &theirs)));
            }
        }
        let (ours, theirs) = (sorted(&ours["warnings"]), sorted(&expect["warnings"]));
        if ours != theirs {
            wrong.push(format!("{} warnings\n  ours   {ours}\n  theirs {theirs}", case["id"]));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
}

/// The places where two values differ.
pub(crate) fn difference(ours: &Value, theirs: &Value) -> String {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let mut keys: Vec<&String> = a.keys().chain(b.keys()).collect();
            keys.sort();
            keys.dedup();
            let one = |key: &&String| {
                let (a, b) = (a.get(*key).unwrap_or(&Value::Null), b.get(*key).unwrap_or(&Value::Null));
                (a != b).then(|| format!(" .{key}{}", difference(a, b)))
            };
            keys.iter().filter_map(one).collect()
        }
        _ => format!(": {ours}, PVE: {theirs}"),
    }
}

/// The vectors beside the reference, on every release they were made with.
#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn vectors_agree() {
    let vectors = reference("qemu_vectors.json");
    let mut checked = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let text = vector["input"].as_str().unwrap();
        for outcome in vector["outcomes"].as_array().unwrap() {
            for version in outcome["pve"].as_array().unwrap() {
                // The recorder had one model in virtual-guest/cpu-models.conf.
                if text.contains("custom-mycpu") {
                    continue;
                }
                let vm = Vm::parse(text.as_bytes(), 100, release(version.as_str().unwrap()));
                assert_eq!(normal(&as_recorded(&vm)), normal(&outcome["result"]), "PVE {version}: {text:?}");
                let warnings: Value = vm.warnings().iter().map(|text| json!(text.to_str_lossy())).collect();
                assert_eq!(sorted(&warnings), sorted(&outcome["warnings"]), "PVE {version}: {text:?}");
                checked += 1;
            }
        }
    }
    assert!(checked > 200, "{checked}");
}

/// The form of the vectors: the main section's keys at the top, the other sections beside them where they are.
fn as_recorded(vm: &Vm<'_>) -> Value {
    let config = dump::config(vm);
    let mut map = config["main"].as_object().unwrap().clone();
    let is_empty = |value: &Value| value.as_object().is_none_or(serde_json::Map::is_empty);
    if !is_empty(&config["pending"]) {
        map.insert("pending".into(), config["pending"].clone());
    }
    if !is_empty(&config["snapshots"]) {
        map.insert("snapshots".into(), config["snapshots"].clone());
    }
    if !is_empty(&config["special"]) {
        if vm.release == Release::Pve7 {
            map.extend(config["special"].as_object().unwrap().clone());
        } else {
            map.insert("special-sections".into(), config["special"].clone());
        }
    }
    Value::Object(map)
}
