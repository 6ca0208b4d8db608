//! `user.cfg` against what the real code of PVE 7, 8 and 9 made of thousands of inputs.

use super::support::{collapse, input_bytes, recordings};
use pvelint::model::user::{UserCfg, dump};
use pvelint::release::Release;
use serde_json::Value;

/// One input and what PVE made of it.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) release: Release,
    pub(crate) text: Vec<u8>,
    pub(crate) input: Value,
    pub(crate) expect: Value,
}

/// Every case for `user.cfg` that can be found.
pub(crate) fn cases() -> Vec<Case> {
    let case = |mut case: Value| Case {
        id: case["id"].as_str().unwrap().to_owned(),
        release: case["version"].as_str().unwrap().parse().unwrap(),
        text: input_bytes(&case["input"], "user_cfg"),
        input: case["input"].take(),
        expect: case["expect"].take(),
    };
    recordings("user_cfg.").into_iter().map(case).collect()
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
