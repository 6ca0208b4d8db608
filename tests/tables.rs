//! The tables under `grammar/` against the facts recorded beside the conformance vectors, where these are there: every
//! option, property and key of every release, with its type, bounds, values and defaults.

use std::collections::BTreeSet;

use super::support::reference;
use pvelint::model::schema::{Format, Kind, Property, Schema};
use pvelint::model::tables::lxc::{self, Family, GuestOption, RawKey};
use pvelint::model::tables::storage::{self, ContentKind, ContentSet, Need, Sharing};
use pvelint::release::Release;
use serde_json::{Map, Value};

type Object = Map<String, Value>;

const RELEASES: [(&str, Release); 3] = [("7", Release::Pve7), ("8", Release::Pve8), ("9", Release::Pve9)];

fn object(value: &Value) -> &Object {
    value.as_object().unwrap()
}

fn names(value: &Value) -> BTreeSet<&str> {
    value.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect()
}

fn keys(object: &Object) -> BTreeSet<&str> {
    object.keys().map(String::as_str).collect()
}

/// A value as it would be written in a file.
fn written(value: Option<&Value>) -> Option<String> {
    Some(match value? {
        Value::Bool(yes) => u8::from(*yes).to_string(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

/// What differs between a property and its record, whose limits go by the names given.
fn differences(property: &Property, record: &Object, [min, max, length]: [&str; 3]) -> Vec<String> {
    let kind = match record.get("type").and_then(Value::as_str) {
        Some("boolean") => Kind::Boolean,
        Some("integer") => Kind::Integer,
        Some("number") => Kind::Number,
        _ => Kind::String,
    };
    let number = |name: &str| record.get(name).and_then(Value::as_i64);
    let values: Vec<&str> = record
        .get("enum")
        .map_or_else(Vec::new, |list| list.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect());
    let has = |name: &str| record.contains_key(name);
    let checks = [
        ("type", property.kind == kind),
        ("least", property.min == number(min)),
        ("greatest", property.max == number(max)),
        ("length", property.max_length == number(length).map(|length| usize::try_from(length).unwrap())),
        ("values", property.values == values),
        ("pattern", property.pattern.is_some() == has("pattern")),
        ("format", property.format.is_some() == has("format")),
        ("list", {
            let list = record.get("format").and_then(Value::as_str).is_some_and(|format| format.ends_with("-list"));
            matches!(property.format, Some(Format::List(_))) == list
        }),
    ];
    checks.into_iter().filter(|(_, equal)| !equal).map(|(what, _)| what.to_owned()).collect()
}

const LXC_LIMITS: [&str; 3] = ["min", "max", "max_length"];

fn same_option(option: &GuestOption, record: &Object) -> Vec<String> {
    let mut wrong = differences(&option.property, record, LXC_LIMITS);
    let default = written(record.get("default")).filter(|default| !default.contains("cgroup"));
    let absent = written(record.get("runtime_value_when_absent")).filter(|absent| !absent.contains('<'));
    wrong.extend((option.property.default != default.as_deref()).then(|| "default".to_owned()));
    wrong.extend((option.absent != absent.as_deref()).then(|| "absent".to_owned()));
    wrong.extend((Value::Bool(option.start) != record["required_at_start"]).then(|| "start".to_owned()));
    wrong
}

fn same_schema(schema: &Schema, record: &Object, release: Release) -> Vec<String> {
    let known: BTreeSet<&str> = schema.properties.iter().filter(|p| p.known_to(release)).map(|p| p.name).collect();
    let mut wrong: Vec<String> = known.symmetric_difference(&keys(record)).map(|name| (*name).to_owned()).collect();
    for (name, record) in record {
        let Some(property) = schema.get(name.as_bytes(), release) else { continue };
        let record = object(record);
        let flag = |name: &str| record.get(name) == Some(&Value::Bool(true));
        let mut whats = differences(property, record, LXC_LIMITS);
        whats.extend((property.default != written(record.get("default")).as_deref()).then(|| "default".to_owned()));
        whats.extend((property.required != flag("required")).then(|| "required".to_owned()));
        whats.extend((property.default_key != flag("default_key")).then(|| "default key".to_owned()));
        wrong.extend(whats.into_iter().map(|what| format!("{name}: {what}")));
    }
    wrong
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn options_of_containers_are_those_of_each_release() {
    let reference = reference("lxc.json");
    for (number, release) in RELEASES {
        let record = &reference["versions"][number];
        let single = object(&record["options"]);
        let indexed = object(&record["indexed"]);
        let known = |family: fn(Family) -> bool| -> BTreeSet<&str> {
            let options = lxc::OPTIONS.iter().filter(|option| family(option.family));
            options.filter(|option| option.property.known_to(release)).map(|option| option.property.name).collect()
        };
        assert_eq!(known(|family| family == Family::Single), keys(single), "{release}");
        assert_eq!(known(|family| family != Family::Single), keys(indexed), "{release}");
        for (name, record) in single {
            let option = lxc::option(name.as_bytes(), release).unwrap();
            assert_eq!(same_option(option, object(record)), Vec::<String>::new(), "{release} {name}");
        }
        for (name, record) in indexed {
            let (max, behind) = (record["max_index"].as_u64().unwrap(), record["count"].as_u64().unwrap());
            assert!(lxc::option(format!("{name}{max}").as_bytes(), release).is_some(), "{release} {name}");
            assert!(lxc::option(format!("{name}{behind}").as_bytes(), release).is_none(), "{release} {name}");
        }
        let schemas = [&lxc::ROOTFS, &lxc::MP, &lxc::UNUSED, &lxc::NET, &lxc::DEV, &lxc::FEATURES];
        for schema in schemas.into_iter().filter(|schema| record.get(schema.name).is_some()) {
            let wrong = same_schema(schema, object(&record[schema.name]["properties"]), release);
            assert_eq!(wrong, Vec::<String>::new(), "{release} {}", schema.name);
        }
    }
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn raw_keys_of_containers_are_those_of_each_release() {
    let reference = reference("lxc.json");
    for (number, release) in RELEASES {
        let record = &reference["versions"][number];
        let accepted = names(&record["raw_lxc_keys"]);
        let rejected = object(&record["raw_lxc_rejected"]);
        let renamed = object(&record["raw_lxc_deprecated"]);
        let to_lxc = names(&record["lxc_known_keys"]);
        let all = [names(&reference["versions"]["9"]["raw_lxc_keys"]), to_lxc.clone(), keys(rejected), keys(renamed)];
        for key in all.into_iter().flatten() {
            let verdict = RawKey::of(key.as_bytes(), release);
            let expected = match (rejected.get(key), renamed.get(key)) {
                (Some(why), _) => matches!(verdict, RawKey::Rejected(text) if why == text),
                (_, Some(new)) => matches!(verdict, RawKey::Renamed(text) if new == text),
                _ if accepted.contains(key) => matches!(verdict, RawKey::Since(_)),
                _ if key.starts_with("lxc.cgroup.") => verdict == RawKey::LegacyCgroup,
                _ => verdict == RawKey::Unknown,
            };
            assert!(expected, "{release} {key}: {verdict:?}");
        }
        for key in to_lxc {
            assert!(lxc::lxc_knows(key.as_bytes(), release), "{release} {key}");
        }
        for key in names(&record["accepted_by_pve_but_unknown_to_lxc"]) {
            assert!(!lxc::lxc_knows(key.as_bytes(), release), "{release} {key}");
        }
    }
}

fn set(list: &Value) -> ContentSet {
    let kinds = names(list).into_iter().map(|name| ContentKind::from_name(name.as_bytes()).unwrap());
    kinds.fold(ContentSet::EMPTY, ContentSet::with)
}

#[test]
#[ignore = "needs the whole collection: PVELINT_CONFORMANCE"]
fn storage_types_are_those_of_each_release() {
    let reference = reference("storage.json");
    for (number, release) in RELEASES {
        let record = &reference["versions"][number];
        let plugins = object(&record["plugins"]);
        let shared = names(&record["always_shared_types"]);
        let known: BTreeSet<&str> =
            storage::types().iter().filter(|one| one.known_to(release)).map(|one| one.name).collect();
        assert_eq!(known, keys(plugins), "{release}");
        for (name, plugin) in plugins {
            let of = format!("{release} {name}");
            let one = storage::storage_type(name.as_bytes(), release).unwrap();
            assert_eq!(one.content(release), set(&plugin["content"]["allowed"]), "{of}");
            assert_eq!(one.default_content, set(&plugin["content"]["default"]), "{of}");
            let formats = one.formats(release).map(|formats| formats.iter().copied().collect::<BTreeSet<_>>());
            let declared = plugin["formats"]["declared"].as_bool().unwrap();
            assert_eq!(formats, declared.then(|| names(&plugin["formats"]["allowed"])), "{of}");
            assert_eq!(one.sharing == Sharing::Always, shared.contains(&**name), "{of}");
            let properties = object(&plugin["properties"]);
            assert_eq!(one.sharing == Sharing::Settable, properties.contains_key("shared"), "{of}");
            let options: BTreeSet<&str> = one
                .options
                .iter()
                .filter(|option| option.known_to(release))
                .map(|option| option.name.as_str())
                .collect();
            assert_eq!(options, keys(properties), "{of}");
            for (key, property) in properties {
                let option = one.option(key.as_bytes(), release).unwrap();
                let need = match (property["required"].as_bool().unwrap(), &property["required_in_file"]) {
                    (false, _) => Need::Optional,
                    (true, Value::Bool(true)) => Need::Required,
                    _ => Need::Filled,
                };
                assert_eq!(option.need, need, "{of} {key}");
                assert_eq!(Value::Bool(option.fixed), property["fixed"], "{of} {key}");
                let secret = one.sensitive.contains(&&**key);
                assert_eq!(secret, property.get("secret").is_some(), "{of} {key}");
                let schema = storage::property(key.as_bytes(), release).unwrap();
                let wrong = differences(schema, object(property), ["minimum", "maximum", "maxLength"]);
                assert_eq!(wrong, Vec::<String>::new(), "{of} {key}");
                if schema.kind == Kind::Boolean {
                    assert_eq!(schema.default, written(property.get("default")).as_deref(), "{of} {key}");
                }
            }
        }
    }
}
