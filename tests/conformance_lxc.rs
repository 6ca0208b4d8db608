//! Containers and id maps against what the real PVE code and the real newuidmap made of the same input.

use super::support::{collapse, input_bytes, recordings, reference};
use pvelint::model::container::{Container, dump, write};
use pvelint::model::idmap::{IdKind, MapEntry, tool_message};
use pvelint::model::subid::{Entry, SubIds};
use pvelint::release::Release;
use pvelint::text::Span;
use serde_json::{Map, Value, json};

/// Runs of U+FFFD as one, lines behind `format error` sorted: what the vectors leave open.
fn normal(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let mut out = collapse(text);
            if let Some((first, rest)) = out.split_once('\n').filter(|(first, _)| first.ends_with("format error")) {
                let mut lines: Vec<_> = rest.split('\n').collect();
                lines.sort_unstable();
                out = format!("{first}\n{}", lines.join("\n"));
            }
            Value::String(out)
        }
        Value::Array(list) => list.iter().map(normal).collect(),
        Value::Object(map) => {
            let text = |key: &String| normal(&Value::String(key.clone())).as_str().unwrap().to_owned();
            Value::Object(map.iter().map(|(key, value)| (text(key), normal(value))).collect())
        }
        other => other.clone(),
    }
}

/// Numbers as strings: PVE holds some values as numbers, which doesn't matter here.
fn stringly(value: &Value) -> Value {
    match value {
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(list) => list.iter().map(stringly).collect(),
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), stringly(value))).collect()),
        other => other.clone(),
    }
}

fn release(text: &str) -> Release {
    text.parse().unwrap()
}

/// The config that a vector is about.
pub(crate) fn conf_of(case: &Value) -> Vec<u8> {
    input_bytes(&case["input"], "conf")
}

#[test]
fn containers_are_read_as_pve_reads_them() {
    let mut cases = 0;
    let mut wrong = Vec::new();
    for case in recordings("lxc_conf.") {
        let input = &case["input"];
        let conf = conf_of(&case);
        let vmid = input["vmid"].as_u64().unwrap();
        let release = release(case["version"].as_str().unwrap());
        let container = Container::parse(&conf, vmid, release);
        let got = normal(&dump::dump(&container));
        let expect = normal(&case["expect"]);
        cases += 1;
        for key in ["config", "props", "idmap", "warnings", "error"] {
            if got.get(key) != expect.get(key) {
                let id = &case["id"];
                wrong.push(format!("{id} {key}\n  want {}\n  have {}", expect[key], got[key]));
            }
        }
    }
    assert!(cases > 0, "no vectors found");
    assert!(wrong.is_empty(), "{} of {cases} wrong:\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
}

/// The configuration as the recorder showed it: sections inside the main one, reserved keys over them.
fn as_recorded(container: &Container<'_>) -> Value {
    let config = dump::config(container);
    let mut main: Map<String, Value> = config["main"].as_object().unwrap().clone();
    main.remove("digest");
    for key in ["pending", "snapshots"] {
        main.entry(key).or_insert_with(|| config[key].clone());
    }
    if let Some(option) = container.main.get("lxc") {
        main.insert("lxc".into(), String::from_utf8_lossy(&option.value).into());
    }
    Value::Object(main)
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn recorded_parses_and_rewrites_agree() {
    let vectors = reference("lxc_vectors.json");
    let mut cases = 0;
    for vector in vectors["parse"].as_array().unwrap() {
        // The recorder showed bytes as Latin-1 characters; so the input is given.
        let input: Vec<u8> = vector["input"].as_str().unwrap().chars().map(|c| u8::try_from(c).unwrap()).collect();
        for (version, release) in [("v9", Release::Pve9), ("v8", Release::Pve8), ("v7", Release::Pve7)] {
            let mut expect = &vector[version];
            if expect.as_str() == Some("same-as-v9") {
                expect = &vector["v9"];
            }
            let container = Container::parse(&input, 100, release);
            let name = format!("{} {version}", vector["name"]);
            cases += 1;
            let latin = |value: &Value| normal(&stringly(value));
            assert_eq!(latin(&as_recorded(&container)), latin(&utf8(&expect["parsed"])), "{name}");
            let warnings = json!(container.warnings().iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(normal(&warnings), normal(&expect["warnings"]), "{name}");
            assert_eq!(json!(container.is_strictly_valid()), expect["strict_ok"], "{name}");
            let rewritten = write::rewrite(&container).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            assert_eq!(normal(&json!(rewritten)), normal(&utf8(&expect["rewritten"])), "{name}");
        }
    }
    assert_eq!(cases, 294);
}

/// Undoes the recorder's Latin-1, where it was used: values other than descriptions.
fn utf8(value: &Value) -> Value {
    match value {
        Value::String(text) if text.chars().all(|c| u32::from(c) < 256) && !text.is_ascii() => {
            let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(c).unwrap()).collect();
            String::from_utf8(bytes).map_or_else(|_| value.clone(), Value::String)
        }
        Value::Object(map) => Value::Object(map.iter().map(|(key, value)| (key.clone(), utf8(value))).collect()),
        other => other.clone(),
    }
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn newuidmap_agrees() {
    let vectors = reference("lxc_vectors.json");
    let vectors = vectors["newuidmap"].as_array().unwrap();
    for vector in vectors {
        let subuid = vector["subuid"].as_str().unwrap();
        let grants = SubIds::parse(subuid.as_bytes()).grants(&[]);
        let entries: Vec<_> = vector["ranges"].as_array().unwrap().iter().map(entry).collect();
        let message = tool_message(IdKind::User, &entries, &grants);
        assert_eq!(message.as_deref().unwrap_or_default(), vector["stderr"].as_str().unwrap(), "{vector}");
        assert_eq!(json!(message.is_none()), vector["ok"], "{vector}");
    }
    assert_eq!(vectors.len(), 220);
}

fn entry(range: &Value) -> MapEntry<'static> {
    let [container, host, count] = [0, 1, 2].map(|at| range[at].as_u64().unwrap());
    MapEntry { kind: IdKind::User, container, host, count, fields: [b""; 3], span: Span::default() }
}

/// `have_sub_uids` step by step as the reference describes it: the first entry of the owner that holds the id, then from
/// its end on.
fn have_by_steps(entries: &[Entry<'_>], mut start: u64, mut count: u64) -> bool {
    if count == 0 {
        return false;
    }
    let end = start + (count - 1);
    let last = |entry: &Entry<'_>| entry.start.wrapping_add(entry.count).wrapping_sub(1);
    let find = |id: u64| {
        let holds = |entry: &&Entry<'_>| entry.start <= id && id <= last(entry);
        let named = entries.iter().filter(|entry| entry.owner == b"root").find(holds);
        named.or_else(|| entries.iter().filter(|entry| entry.owner == b"0").find(holds))
    };
    while let Some(entry) = find(start) {
        if last(entry) >= start + (count - 1) {
            return true;
        }
        count = end - last(entry);
        start = last(entry) + 1;
    }
    false
}

mod properties {
    use proptest::prelude::*;
    use pvelint::model::idmap::{IdMap, block};
    use pvelint::model::vm::Vm;
    use pvelint::syntax::{guest, property, subid};

    use super::*;

    /// Texts made of what the formats are made of, and of any bytes.
    fn text() -> impl Strategy<Value = Vec<u8>> {
        let words = [
            "lxc.idmap: ",
            "lxc.",
            "u 0 100000 65536",
            "mp0: ",
            "/srv,mp=/x",
            "net0: ",
            "name=eth0",
            "[pve:pending]",
            "[snap1]",
            "[",
            "]",
            "\n",
            "\r\n",
            "\n",
            " ",
            ",",
            "=",
            ":",
            "#",
            "%41",
            "%",
            "root",
            "100000",
            "0x1f",
            "010",
            "snapstate: delete",
            "delete: ",
            "description: ",
            "memory: ",
            "512",
            "features: nesting=1",
            "\0",
            "+",
            "env: A",
            "lxc.environment.runtime: B=1",
            "0",
            "-1",
            "size=1.5G",
            "dev0: /dev/x",
            "rootfs: a1:b",
            "scsi0: ",
            "g 0 1 1",
        ];
        let word = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
        let piece = prop_oneof![9 => word, 1 => prop::collection::vec(any::<u8>(), 0..4)];
        prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
    }

    fn within(span: Span, text: &[u8]) -> bool {
        span.start <= span.end && span.end as usize <= text.len()
    }

    proptest! {
        #[test]
        fn lines_and_parts_are_lossless(text in text()) {
            for dialect in [guest::Dialect::Container, guest::Dialect::Vm { hyphens: true }] {
                let lines: Vec<_> = guest::parse(&text, dialect).map(|line| line.raw).collect();
                prop_assert_eq!(lines.concat(), text.clone());
            }
            let lines: Vec<_> = subid::parse(&text).map(|line| line.raw).collect();
            prop_assert_eq!(lines.concat(), text.clone());
            let parts: Vec<_> = property::parts(&text).map(|part| part.raw).collect();
            prop_assert_eq!(parts.join(&b','), text);
        }

        #[test]
        fn spans_lie_in_the_file_and_hold_what_they_say(text in text(), release in prop::sample::select(Release::ALL.to_vec())) {
            let container = Container::parse(&text, 100, release);
            for section in container.sections() {
                prop_assert!(within(section.header, &text));
                for option in &section.options {
                    prop_assert!(within(option.span, &text) && within(option.key_span, &text));
                    if option.known.is_none() && !matches!(option.key, b"snapstate" | b"env") {
                        prop_assert_eq!(option.span.bytes(&text), &*option.value);
                    }
                    for prop in option.props.iter().flat_map(|props| &props.entries) {
                        prop_assert!(within(prop.span, &text) && within(prop.key_span, &text));
                        if prop.property.kind == pvelint::model::schema::Kind::String {
                            prop_assert_eq!(prop.span.bytes(&text), prop.value);
                        }
                    }
                }
                for raw in &section.raw {
                    prop_assert_eq!(raw.span.bytes(&text), raw.value);
                    prop_assert_eq!(raw.key_span.bytes(&text), raw.key);
                }
                for note in &section.notes {
                    prop_assert_eq!(note.span.bytes(&text), note.text);
                }
            }
            for quirk in &container.quirks {
                prop_assert!(within(quirk.span, &text));
            }
            for dropped in &container.dropped {
                prop_assert!(within(dropped.span, &text));
            }
            let map = IdMap::of(&container);
            let grants = SubIds::parse(&text).grants(&[]);
            for problem in map.check(Some(&grants), None) {
                prop_assert!(within(problem.span, &text));
            }
            let _ = (dump::dump(&container), map.tool_message(IdKind::User, &grants));
            for drive in Vm::parse(&text, 100, release).drives {
                prop_assert_eq!(drive.file.span.bytes(&text), drive.file.value);
            }
        }

        /// A rewrite is what PVE reads back: nothing more is lost or moved by the second.
        #[test]
        fn a_rewrite_reads_back(text in text(), release in prop::sample::select(Release::ALL.to_vec())) {
            let container = Container::parse(&text, 100, release);
            if let Some(once) = write::rewrite(&container) {
                let again = Container::parse(&once, 100, release);
                let twice = write::rewrite(&again);
                let no_description = |container: &Container<'_>| container.sections().all(|section| section.notes.is_empty());
                // PVE itself doesn't read back a NUL or CR inside a value.
                if no_description(&container) && !text.contains(&b'\r') && !text.contains(&0) {
                    prop_assert_eq!(twice.map(|b| String::from_utf8_lossy(&b).into_owned()), Some(String::from_utf8_lossy(&once).into_owned()));
                }
            }
        }

        #[test]
        fn grants_agree_with_the_step_by_step_walk(
            lines in prop::collection::vec((prop::sample::select(vec!["root", "0", "nobody"]), 0u64..40, 0u64..12), 0..8),
            start in 0u64..45,
            count in 0u64..20,
        ) {
            let text: String = lines.iter().map(|(owner, start, count)| format!("{owner}:{start}:{count}\n")).collect();
            let ids = SubIds::parse(text.as_bytes());
            prop_assert_eq!(ids.grants(&[]).have(start, count), have_by_steps(&ids.entries, start, count), "{}", text);
        }

        #[test]
        fn blocks_tile_and_map_the_holes(holes in prop::collection::vec((0u64..50, 0u64..50), 0..6), base in 100u64..200) {
            let ranges = block(base, 40, &holes);
            let mut next = 0;
            for range in &ranges {
                prop_assert_eq!(range.container, next);
                next += range.count;
            }
            prop_assert_eq!(next, 40);
            let host = |id: u64| ranges.iter().find(|r| r.container <= id && id < r.container + r.count).map(|r| r.host + id - r.container);
            for id in 0..40 {
                let mut sorted = holes.clone();
                sorted.sort_by_key(|hole| hole.0);
                let wanted = sorted.iter().find(|hole| hole.0 == id).map_or(base + id, |hole| hole.1);
                prop_assert_eq!(host(id), Some(wanted));
            }
        }
    }
}
