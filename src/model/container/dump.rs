//! What PVE makes of a container's configuration, as JSON: for the conformance vectors, and for people who want to see it.

use bstr::ByteSlice;
use serde_json::{Map, Value, json};

use super::check::{self, VolumeKind};
use super::{Container, Opt, Section};
use crate::model::idmap::IdMap;
use crate::model::schema::format::{size_in_bytes, startup_parts};
use crate::model::schema::{self, Props, Schema};
use crate::model::tables::lxc as table;
use crate::release::Release;

/// `{"config", "props", "idmap", "warnings"}`: strings are shown as UTF-8 with U+FFFD for what isn't, sets are objects.
#[must_use]
pub fn dump(container: &Container<'_>) -> Value {
    json!({
        "config": config(container),
        "props": props(container),
        "idmap": idmap(container),
        "warnings": container.warnings().iter().map(|text| text.to_str_lossy()).collect::<Vec<_>>(),
    })
}

fn text(bytes: &[u8]) -> Value {
    Value::String(bytes.to_str_lossy().into_owned())
}

fn name(bytes: &[u8]) -> String {
    bytes.to_str_lossy().into_owned()
}

/// `{"main", "pending", "snapshots"}`: every key and its value as PVE holds it.
#[must_use]
pub fn config(container: &Container<'_>) -> Value {
    let snapshots: Map<_, _> = container.snapshots.iter().map(|s| (snapshot_name(s), section(s))).collect();
    let pending = container.pending.as_deref().map_or_else(|| json!({}), section);
    json!({ "main": section(&container.main), "pending": pending, "snapshots": snapshots })
}

fn snapshot_name(section: &Section<'_>) -> String {
    match section.place {
        super::Place::Snapshot(bytes) => name(bytes),
        super::Place::Main | super::Place::Pending | super::Place::Special(_) => String::new(),
    }
}

fn section(section: &Section<'_>) -> Value {
    let mut map: Map<_, _> = section.options.iter().map(|option| (name(option.key), text(&option.value))).collect();
    if let Some(description) = section.description() {
        map.insert("description".into(), description.into());
    }
    if !section.raw.is_empty() {
        let raw = section.raw.iter().map(|raw| json!([text(raw.key), text(raw.value)])).collect();
        map.insert("lxc".into(), Value::Array(raw));
    }
    Value::Object(map)
}

/// What the users of property strings read; other options only when they fail their format. Empty sections are absent.
#[must_use]
pub fn props(container: &Container<'_>) -> Value {
    let of = |section: &Section<'_>| -> Map<String, Value> {
        let readings = section.options.iter();
        readings.filter_map(|option| Some((name(option.key), reading(option, container.release)?))).collect()
    };
    let snapshots: Map<_, _> = container
        .snapshots
        .iter()
        .map(|section| (snapshot_name(section), of(section)))
        .filter(|(_, props)| !props.is_empty())
        .map(|(name, props)| (name, Value::Object(props)))
        .collect();
    let pending = container.pending.as_deref().map(of).unwrap_or_default();
    let parts = [("main", of(&container.main)), ("pending", pending), ("snapshots", snapshots)];
    let parts = parts.into_iter().filter(|(_, props)| !props.is_empty());
    Value::Object(parts.map(|(name, props)| (name.to_owned(), Value::Object(props))).collect())
}

fn reading(option: &Opt<'_>, release: Release) -> Option<Value> {
    let value: &[u8] = &option.value;
    match (option.family(), option.number()) {
        (b"startup", None) => {
            let Some(startup) = startup_parts(value) else { return Some(json!({ "ok": null })) };
            let parts = [("order", startup.order), ("up", startup.up), ("down", startup.down)];
            let parts = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), text(value?))));
            return Some(json!({ "ok": parts.collect::<Map<_, _>>() }));
        }
        (b"hostname" | b"nameserver" | b"searchdomain" | b"hookscript" | b"tags" | b"timezone", None) => {
            let property = &option.known?.property;
            let refused = schema::check_format(property, value, option.span.start, release).err()?;
            return Some(json!({ "error": text(&refused.text) }));
        }
        _ => {}
    }
    let schema = match (option.family(), option.number()) {
        (b"rootfs", None) => &table::ROOTFS,
        (b"features", None) => &table::FEATURES,
        (b"mp", Some(_)) => &table::MP,
        (b"net", Some(_)) => &table::NET,
        (b"unused", Some(_)) => &table::UNUSED,
        (b"dev", Some(_)) if release >= Release::Pve8 => &table::DEV,
        _ => return None,
    };
    let is_false = !schema::is_true(value);
    if is_false && matches!(schema.name, "net" | "features") {
        return Some(json!({ "ok": {} }));
    }
    Some(match schema::parse_props(schema, value, option.span.start, release) {
        Err(problem) => json!({ "error": text(&problem.text) }),
        Ok(props) => accepted(schema, &props, release),
    })
}

fn accepted(schema: &Schema, props: &Props<'_>, release: Release) -> Value {
    let mut map: Map<String, Value> = Map::new();
    for prop in &props.entries {
        let value = match prop.name() {
            "size" => size_in_bytes(prop.value, release).map_or(Value::Null, Value::String),
            "idmap" => mount_idmap(prop.value),
            _ => text(prop.value),
        };
        map.insert(prop.name().to_owned(), value);
    }
    match schema.name {
        "dev" if !map.contains_key("path") => return json!({ "error": "Path has to be defined" }),
        "net" => {
            map.insert("type".into(), "veth".into());
            if !map.contains_key("hwaddr") {
                return json!({ "ok": map, "hwaddr_generated": 1 });
            }
        }
        "rootfs" | "mp" | "unused" => {
            let kind = VolumeKind::of(props.value("volume").unwrap_or_default());
            map.insert("type".into(), kind.name().into());
            if schema.name == "rootfs" {
                map.insert("mp".into(), "/".into());
            }
        }
        _ => {}
    }
    json!({ "ok": map })
}

fn mount_idmap(value: &[u8]) -> Value {
    match check::mount_idmap(value) {
        Some(entries) => entries.iter().map(|entry| entry.iter().map(|field| text(field)).collect::<Value>()).collect(),
        None => text(value),
    }
}

/// The effective id map: `{"map", "root_uid", "root_gid", "invalid"?}`, or `{"error"}`.
#[must_use]
pub fn idmap(container: &Container<'_>) -> Value {
    let map = IdMap::of(container);
    if let Some(error) = map.error() {
        return json!({ "error": text(&error) });
    }
    let entries: Value = map
        .entries
        .iter()
        .map(|entry| json!([entry.kind.letter(), text(entry.fields[0]), text(entry.fields[1]), text(entry.fields[2])]))
        .collect();
    let (uid, gid) = map.root_ids();
    let mut dump = json!({ "map": entries, "root_uid": text(uid), "root_gid": text(gid) });
    if let (Some(invalid), Some(dump)) = (map.overlap_message(), dump.as_object_mut()) {
        dump.insert("invalid".into(), text(&invalid));
    }
    dump
}
