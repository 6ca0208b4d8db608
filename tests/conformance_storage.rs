//! `storage.cfg` against recorded results of the real PVE code, and properties that hold for every input.
//!
//! `PVELINT_CONFORMANCE` names a folder with more recordings; a folder `reference` beside it may hold further ones.

use std::{env, fs, path::PathBuf};

use base64_lite::decode;
use proptest::prelude::*;
use pvelint::model::schema::format::list_in;
use pvelint::model::storage::{Absent, By, OddKind, Outcome, Owner, Reason, Separator, Status, StorageCfg};
use pvelint::model::tables::storage::{ContentKind, storage_type, types};
use pvelint::model::volume::{VolumeId, VolumeName};
use pvelint::release::Release;
use pvelint::syntax::section::{Document, Role, typed_header};
use pvelint::text::Span;
use serde_json::Value;

fn recordings() -> Vec<PathBuf> {
    let mut files = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/storage_cfg.jsonl")];
    if let Some(folder) = env::var_os("PVELINT_CONFORMANCE") {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("storage_cfg.") && name.ends_with(".jsonl")
        }));
    }
    files
}

mod base64_lite {
    /// Decodes standard base64.
    pub(super) fn decode(text: &str) -> Vec<u8> {
        let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
        for c in text.bytes().filter(|&c| c != b'=') {
            let six = match c {
                b'A'..=b'Z' => c - b'A',
                b'a'..=b'z' => c - b'a' + 26,
                b'0'..=b'9' => c - b'0' + 52,
                b'+' => 62,
                b'/' => 63,
                _ => panic!("not base64: {text}"),
            };
            bits = bits << 6 | u32::from(six);
            held += 6;
            if held >= 8 {
                held -= 8;
                out.push((bits >> held & 0xff) as u8);
            }
        }
        out
    }
}

fn release(text: &str) -> Release {
    text.parse().unwrap()
}

/// One U+FFFD for each run of them: recorder and recorded count invalid bytes differently.
fn collapse(value: &Value) -> Value {
    let text = |text: &str| {
        let mut out = String::new();
        for c in text.chars() {
            if c != '\u{fffd}' || !out.ends_with(c) {
                out.push(c);
            }
        }
        out
    };
    match value {
        Value::String(string) => Value::String(text(string)),
        Value::Array(items) => items.iter().map(collapse).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (text(key), collapse(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn recorded_configs_are_read_as_pve_reads_them() {
    let mut cases = 0;
    let mut failures = Vec::new();
    for file in recordings() {
        for line in fs::read_to_string(&file).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let input = match &case["input"] {
                Value::Object(input) if input.contains_key("storage_cfg") => {
                    input["storage_cfg"].as_str().unwrap().as_bytes().to_vec()
                }
                input => decode(input["storage_cfg_b64"].as_str().unwrap()),
            };
            let cfg = StorageCfg::parse(&input, release(case["version"].as_str().unwrap()));
            let got = collapse(&cfg.dump());
            let expect = collapse(&case["expect"]);
            let warnings = collapse(&case["unstable"]["warnings"]);
            cases += 1;
            for key in ["ids", "order", "errors", "warnings"] {
                let variant = warnings.as_array().is_some_and(|variants| variants.contains(&got["warnings"]));
                if got[key] != expect[key] && !(key == "warnings" && variant) {
                    failures.push(format!("{}: {key}\n  got    {}\n  expect {}", case["id"], got[key], expect[key]));
                }
            }
        }
    }
    assert!(cases > 0, "no recordings found");
    println!("{cases} recorded configs");
    let shown: Vec<&String> = failures.iter().take(10).collect();
    assert!(failures.is_empty(), "{} of {cases} cases differ: {shown:#?}", failures.len());
}

fn reference() -> Option<Value> {
    let file = PathBuf::from(env::var_os("PVELINT_CONFORMANCE")?).join("../reference/storage_vectors.json");
    Some(serde_json::from_str(&fs::read_to_string(file).ok()?).unwrap())
}

/// Bytes that were recorded as Latin-1.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
}

#[test]
fn reference_snippets_give_the_same_storages_and_events() {
    let Some(reference) = reference() else { return };
    let snippets = reference["storage_cfg"].as_array().unwrap();
    assert!(!snippets.is_empty());
    let mut failures = Vec::new();
    for snippet in snippets {
        let input = latin1(snippet["input"].as_str().unwrap());
        for (releases, expected) in snippet["expected"].as_object().unwrap() {
            for number in releases.split(',') {
                let cfg = StorageCfg::parse(&input, release(number));
                let storages: serde_json::Map<String, Value> = cfg
                    .table()
                    .map(|section| (section.id.value.to_string(), dump_like_reference(&cfg, section.id.value)))
                    .collect();
                let events: Vec<Value> = cfg.dropped.iter().map(event).collect();
                if Value::Object(storages.clone()) != stringified(&expected["storages"])
                    || Value::from(events.clone()) != expected["events"]
                {
                    failures.push(format!(
                        "{} on {number}:\n  got    {} {}\n  expect {} {}",
                        snippet["name"],
                        Value::Object(storages),
                        Value::from(events),
                        stringified(&expected["storages"]),
                        expected["events"]
                    ));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}: {failures:#?}", failures.len());
}

fn dump_like_reference(cfg: &StorageCfg<'_>, id: &[u8]) -> Value {
    match cfg.dump()["ids"][String::from_utf8_lossy(id).as_ref()].clone() {
        Value::Null => "ghost".into(),
        Value::Object(mut map) => {
            map.remove("priority");
            Value::Object(map)
        }
        other => other,
    }
}

/// The reference has numbers where the recordings have strings.
fn stringified(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.to_string().into(),
        Value::String(text) => String::from_utf8_lossy(&latin1(text)).into(),
        Value::Array(items) => items.iter().map(stringified).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), stringified(value))).collect(),
        other => other.clone(),
    }
}

fn event(dropped: &pvelint::model::storage::Dropped<'_>) -> Value {
    let (event, line) = match &dropped.reason {
        Reason::Line(_) => ("ignored-line".into(), true),
        Reason::Section(_) | Reason::Ghost(_) => ("skip-section".into(), true),
        Reason::Property { key, .. } => (format!("dropped-property:{}", key.value), true),
        Reason::Content(kind) | Reason::ContentDir(kind) => (format!("unsupported-content:{kind}"), false),
        Reason::Format(format) => (format!("unsupported-format:{format}"), false),
    };
    if line { serde_json::json!({"event": event, "line": dropped.line}) } else { serde_json::json!({"event": event}) }
}

#[test]
fn reference_volume_names_are_parsed_alike() {
    let Some(reference) = reference() else { return };
    let mut failures = Vec::new();
    for case in reference["volnames"].as_array().unwrap() {
        let release = release(&case["version"].to_string());
        let kind = storage_type(case["type"].as_str().unwrap().as_bytes(), release).unwrap();
        let name = case["volname"].as_str().unwrap();
        let got = VolumeName::parse(name.as_bytes(), kind, release).map(|volume| {
            serde_json::json!({
                "base": volume.base.map(|base| base.name.to_string()),
                "base_owner": volume.base.map(|base| base.owner),
                "format": volume.format.text(),
                "is_base": volume.is_base,
                "owner": volume.owner,
                "vtype": volume.vtype.name(),
            })
        });
        let mut expect = case.as_object().unwrap().clone();
        for key in ["type", "version", "volname"] {
            expect.remove(key);
        }
        let expect = (!expect.contains_key("parse")).then_some(Value::Object(expect));
        if got != expect {
            failures.push(format!("{case}: {got:?}"));
        }
    }
    assert!(failures.is_empty(), "{}: {failures:#?}", failures.len());
}
