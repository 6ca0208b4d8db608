//! `user.cfg` against what the real code of PVE 7, 8 and 9 made of thousands of inputs.

use pvelint::model::user::{UserCfg, dump};
use pvelint::release::Release;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// One input and what PVE made of it.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) release: Release,
    pub(crate) text: Vec<u8>,
    pub(crate) input: Value,
    pub(crate) expect: Value,
}

/// Folders with vectors: the vendored ones, and those that the environment names.
fn folders() -> Vec<PathBuf> {
    let vendored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance");
    std::iter::once(vendored).chain(env::var_os("PVELINT_CONFORMANCE").map(PathBuf::from)).collect()
}

/// Every case for `user.cfg` that can be found.
pub(crate) fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for folder in folders() {
        let Ok(files) = fs::read_dir(&folder) else { continue };
        for file in files.map(|file| file.unwrap().path()) {
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if !(name == "user_cfg.jsonl" || name.starts_with("user_cfg.") && name.ends_with(".jsonl")) {
                continue;
            }
            for line in fs::read_to_string(&file).unwrap().lines() {
                let mut case: Value = serde_json::from_str(line).unwrap();
                let text = match &case["input"]["user_cfg_b64"] {
                    Value::String(text) => base64(text),
                    _ => case["input"]["user_cfg"].as_str().unwrap().as_bytes().to_vec(),
                };
                cases.push(Case {
                    id: case["id"].as_str().unwrap().to_owned(),
                    release: case["version"].as_str().unwrap().parse().unwrap(),
                    text,
                    input: case["input"].take(),
                    expect: case["expect"].take(),
                });
            }
        }
    }
    assert!(!cases.is_empty(), "no vectors found");
    cases
}

fn base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut held) = (0u32, 0);
    for digit in text.bytes().filter_map(|byte| alphabet.iter().position(|&known| known == byte)) {
        bits = bits << 6 | u32::try_from(digit).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap());
        }
    }
    out
}

/// Runs of U+FFFD count as one: how many a broken character gives depends on who decodes it.
pub(crate) fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\u{fffd}' || !out.ends_with('\u{fffd}') {
            out.push(c);
        }
    }
    out
}

/// A copy in which everything that doesn't count is equal.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) => collapse(text).into(),
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(map) => map.iter().map(|(key, value)| (collapse(key), normal(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn config_and_warnings_equal_those_of_pve() {
    let cases = cases();
    let mut wrong = Vec::new();
    for case in &cases {
        let got = dump(&UserCfg::parse(&case.text, case.release));
        for key in ["config", "warnings"] {
            let (got, want) = (normal(&got[key]), normal(&case.expect[key]));
            if got != want {
                wrong.push(format!("{} {key}\n  got  {got}\n  want {want}", case.id));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {} differ:\n{}", wrong.len(), cases.len(), wrong[..wrong.len().min(5)].join("\n"));
}
