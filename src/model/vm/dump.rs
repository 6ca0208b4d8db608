//! What PVE makes of a VM's configuration, as JSON: for the conformance vectors, and for people who want to see it.

use bstr::ByteSlice;
use serde_json::{Map, Value, json};

use super::drive::{attach, kept_as};
use super::{Opt, Place, Section, Vm};
use crate::model::schema::format::{size_in_bytes, startup_parts};
use crate::model::schema::{Props, Schema};
use crate::release::Release;

/// `{"config", "props", "warnings"}`: strings are shown as UTF-8 with U+FFFD for what isn't, sets are objects.
#[must_use]
pub fn dump(vm: &Vm<'_>) -> Value {
    json!({
        "config": config(vm),
        "props": props(vm),
        "warnings": vm.warnings().iter().map(|text| text.to_str_lossy()).collect::<Vec<_>>(),
    })
}

fn text(bytes: &[u8]) -> Value {
    Value::String(name(bytes))
}

fn name(bytes: &[u8]) -> String {
    bytes.to_str_lossy().into_owned()
}

fn section_name(section: &Section<'_>) -> String {
    match section.place {
        Place::Snapshot(bytes) | Place::Special(bytes) => name(bytes),
        Place::Main | Place::Pending => String::new(),
    }
}

/// `{"main", "pending", "snapshots", "special"}`: every key and its value as PVE holds it.
#[must_use]
pub fn config(vm: &Vm<'_>) -> Value {
    let named = |sections: &[Section<'_>]| -> Map<String, Value> {
        sections.iter().map(|one| (section_name(one), section(one))).collect()
    };
    let pending = vm.pending.as_deref().map_or_else(|| json!({}), section);
    json!({
        "main": section(&vm.main),
        "pending": pending,
        "snapshots": named(&vm.snapshots),
        "special": named(&vm.special),
    })
}

fn section(section: &Section<'_>) -> Value {
    let mut map: Map<_, _> = section.options.iter().map(|option| (name(option.key), text(&option.value))).collect();
    if let Some(description) = description(section) {
        map.insert("description".into(), description.into());
    }
    Value::Object(map)
}

/// The description as PVE keeps it: without blanks at its end.
fn description(section: &Section<'_>) -> Option<String> {
    if section.notes.is_empty() {
        return None;
    }
    Some(section.full_description().trim_end().to_owned())
}

/// What the users of property strings read. Empty sections are absent, but the main one.
#[must_use]
pub fn props(vm: &Vm<'_>) -> Value {
    let of = |section: &Section<'_>| -> Map<String, Value> {
        let readings = section.options.iter();
        readings.filter_map(|option| Some((name(option.key), reading(option, vm.release)?))).collect()
    };
    let snapshots: Map<_, _> = vm
        .snapshots
        .iter()
        .map(|section| (section_name(section), of(section)))
        .filter(|(_, props)| !props.is_empty())
        .map(|(name, props)| (name, Value::Object(props)))
        .collect();
    let mut all = Map::new();
    all.insert("main".to_owned(), Value::Object(of(&vm.main)));
    let pending = vm.pending.as_deref().map(of).unwrap_or_default();
    for (name, props) in [("pending", pending), ("snapshots", snapshots)] {
        if !props.is_empty() {
            all.insert(name.to_owned(), Value::Object(props));
        }
    }
    Value::Object(all)
}

fn reading(option: &Opt<'_>, release: Release) -> Option<Value> {
    if option.key == b"startup" {
        let Some(startup) = startup_parts(&option.value) else { return Some(json!({ "ok": null })) };
        let parts = [("order", startup.order), ("up", startup.up), ("down", startup.down)];
        let parts = parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), text(value?))));
        return Some(json!({ "ok": parts.collect::<Map<_, _>>() }));
    }
    // Before 9 nobody took these two apart.
    if matches!(option.key, b"meta" | b"runningmachine") && release < Release::Pve9 {
        return None;
    }
    let schema = option.known?.schema()?;
    Some(accepted(option, schema, option.props.as_ref()?, release))
}

fn accepted(option: &Opt<'_>, schema: &Schema, props: &Props<'_>, release: Release) -> Value {
    let is_disk = matches!(schema.name, "ide" | "sata" | "scsi" | "virtio");
    let is_drive = is_disk || matches!(schema.name, "efidisk" | "tpmstate");
    if is_disk && let Err(refused) = attach(option.family(), props) {
        let mut value = json!({ "ok": null });
        if let (false, Some(map)) = (refused.warnings.is_empty(), value.as_object_mut()) {
            map.insert("warnings".into(), json!(refused.warnings));
        }
        return value;
    }
    let mut map: Map<String, Value> = Map::new();
    for prop in &props.entries {
        let name = prop.name();
        match kept_as(name).filter(|_| is_disk) {
            Some(kept) => map.insert(kept.to_owned(), "0.000".into()),
            None if is_drive && name == "size" => {
                map.insert(name.to_owned(), size_in_bytes(prop.value, release).map_or(Value::Null, Value::String))
            }
            None => map.insert(name.to_owned(), text(prop.value)),
        };
    }
    if is_drive {
        map.insert("interface".into(), text(option.family()));
        map.insert("index".into(), option.number().unwrap_or_default().to_string().into());
    }
    if schema.name == "net" && !map.contains_key("macaddr") {
        return json!({ "ok": map, "macaddr_generated": "1" });
    }
    json!({ "ok": map })
}
