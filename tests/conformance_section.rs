//! Files of sections: what PVE's own code made of hundreds of them; and calendar events by the real parser.

use jiff::civil::DateTime;
use pvelint::model::calendar;
use pvelint::model::section::{SectionFile, SectionSpec};
use pvelint::release::Release;
use serde_json::{Value, json};

use super::conformance_qemu::{difference, normal, sorted};
use super::support::{input_bytes, recordings, reference};

#[test]
fn recorded_files_are_read_as_pve_reads_them() {
    let cases = recordings("section_cfg");
    let mut wrong = Vec::new();
    for case in &cases {
        let text = input_bytes(&case["input"], "content");
        let spec = SectionSpec::of(case["input"]["file"].as_str().unwrap()).unwrap();
        let release: Release = case["version"].as_str().unwrap().parse().unwrap();
        let ours = SectionFile::parse(spec, &text, release).dump();
        let expect = &case["expect"];
        for part in ["ids", "order", "error"] {
            let (ours, theirs) = (normal(&ours[part]), normal(&expect[part]));
            if ours != theirs {
                wrong.push(format!("{} {} {part}{}", case["id"], spec.file, difference(&ours, &theirs)));
            }
        }
        let warnings = sorted(&ours["warnings"]);
        let variants = case["unstable"]["warnings"].as_array().cloned().unwrap_or_default();
        let fits = |theirs: &Value| warnings == sorted(theirs);
        if !fits(&expect["warnings"]) && !variants.iter().any(fits) {
            wrong.push(format!(
                "{} {} warnings\n  ours {warnings}\n  PVE  {}",
                case["id"],
                spec.file,
                sorted(&expect["warnings"])
            ));
        }
        let errors = |value: &Value| value["errors"].as_array().map_or(0, Vec::len);
        if errors(&ours) != errors(expect) {
            wrong.push(format!("{} {} has {} errors, PVE {}", case["id"], spec.file, errors(&ours), errors(expect)));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} differ:\n{}",
        wrong.len(),
        cases.len(),
        wrong[..wrong.len().min(25)].join("\n")
    );
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn calendar_events_agree() {
    let vectors = reference("firewall_calendar_rust_vectors.json");
    let now: DateTime =
        jiff::Timestamp::from_second(1_763_800_000).unwrap().to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let mut wrong = Vec::new();
    for vector in vectors["calendar"].as_array().unwrap() {
        let text = vector["input"].as_str().unwrap();
        let parsed = calendar::parse(text.as_bytes());
        if json!(parsed.is_ok()) != vector["valid"] {
            wrong.push(format!("{text}: {parsed:?}"));
            continue;
        }
        let Ok(event) = parsed else { continue };
        let next =
            event.next_after(now).map(|next| next.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second());
        if json!(next) != vector["next"] {
            wrong.push(format!("{text}: {next:?}, PVE {}", vector["next"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
