//! The parsed file as JSON: what PVE's `parse_config` returns and logs, in the form of the recorded results under
//! `tests/conformance`.

use bstr::ByteSlice;
use serde_json::{Map, Value, json};

use super::decode::{Form, form};
use super::{Outcome, Property, Reason, Section, SectionFile};
use crate::model::schema::format::list_in;
use crate::model::schema::parse_props;
use crate::model::storage::format::PRUNE_BACKUPS;
use crate::model::text::decode as decoded;

fn text(bytes: &[u8]) -> Value {
    Value::String(name(bytes))
}

fn name(bytes: &[u8]) -> String {
    bytes.to_str_lossy().into_owned()
}

impl SectionFile<'_> {
    /// `ids`, `order`, `warnings`, and `errors` when there are any; `error` in place of the first two where PVE dies. Scalars are
    /// strings, an empty section is `null`; invalid UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn dump(&self) -> Value {
        let warnings: Value = self.warnings().iter().map(|warning| text(warning)).collect();
        if let Some(error) = &self.fatal {
            return json!({ "error": text(error), "warnings": warnings });
        }
        let mut ids: Map<String, Value> =
            self.table().map(|section| (name(&section.id.value), self.dump_section(section))).collect();
        self.add_implicit(&mut ids);
        let order: Map<String, Value> = self
            .sections
            .iter()
            .filter(|section| section.order > 0)
            .map(|section| (name(&section.id.value), section.order.into()))
            .collect();
        let mut dump = json!({ "ids": ids, "order": order, "warnings": warnings });
        let errors: Vec<Value> = self.errors().collect();
        if let (false, Some(map)) = (errors.is_empty(), dump.as_object_mut()) {
            map.insert("errors".into(), Value::Array(errors));
        }
        dump
    }

    fn errors(&self) -> impl Iterator<Item = Value> {
        self.dropped.iter().filter_map(|dropped| {
            let Reason::Property { key, refusal, .. } = &dropped.reason else { return None };
            let section = self.sections.get(dropped.section?)?;
            Some(json!({
                "context": self.context(dropped),
                "err": text(&refusal.text(key.value, self.release)),
                "key": text(key.value),
                "section": text(&section.id.value),
            }))
        })
    }

    fn dump_section(&self, section: &Section<'_>) -> Value {
        if section.outcome != Outcome::Ok {
            return Value::Null;
        }
        let values = section.properties.iter().map(|property| (name(property.key.value), self.dump_value(property)));
        let mut map: Map<String, Value> = values.collect();
        map.insert("type".into(), text(&section.kind.value));
        match self.spec.file {
            "replication.cfg" => {
                let id = name(&section.id.value);
                let (guest, number) = id.split_once('-').unwrap_or((&id, ""));
                map.extend([
                    ("guest".into(), guest.into()),
                    ("jobnum".into(), number.into()),
                    ("id".into(), id.as_str().into()),
                ]);
            }
            // A job is on unless something is said.
            "jobs.cfg" => {
                map.entry("enabled").or_insert_with(|| "1".into());
            }
            _ => {}
        }
        Value::Object(map)
    }

    fn dump_value(&self, property: &Property<'_>) -> Value {
        if property.is_array {
            return property.values.iter().map(|value| text(&value.value)).collect();
        }
        let Some(value) = property.values.first().map(|value| &**value.value) else { return Value::Null };
        let elements = || list_in(value, self.release);
        match form(self.spec.file, &name(property.key.value), self.release) {
            Form::Text => text(value),
            Form::Decoded => Value::String(decoded(value, self.release).text.into_owned()),
            Form::Set if !crate::model::schema::is_true(value) => json!({}),
            Form::Set => Value::Object(elements().map(|one| (name(one), "1".into())).collect()),
            Form::Priorities => {
                let one = |one: &[u8]| {
                    let (node, priority) = one.split_once_str(b":").unwrap_or((one, b"0"));
                    let priority = crate::model::schema::number::canonical(priority);
                    (name(node), json!({ "priority": text(&priority) }))
                };
                Value::Object(elements().map(one).collect())
            }
            Form::Parts => match parse_props(&PRUNE_BACKUPS, value, 0, self.release) {
                Ok(props) => {
                    let parts = props.entries.iter().map(|part| (part.name().to_owned(), text(part.value)));
                    Value::Object(parts.collect())
                }
                Err(_) => text(value),
            },
        }
    }

    /// Sections that are there without being written.
    fn add_implicit(&self, ids: &mut Map<String, Value>) {
        if self.spec.file != "domains.cfg" {
            return;
        }
        let both = [("pve", "Proxmox VE authentication server"), ("pam", "Linux PAM standard authentication")];
        for (realm, comment) in both {
            let entry = ids.entry(realm).or_insert(Value::Null);
            if !entry.is_object() {
                *entry = json!({});
            }
            let Some(map) = entry.as_object_mut() else { continue };
            map.insert("type".into(), realm.into());
            if realm == "pam" {
                map.insert("plugin".into(), "PVE::Auth::PAM".into());
            }
            let has_comment =
                map.get("comment").and_then(Value::as_str).is_some_and(|text| !text.is_empty() && text != "0");
            if !has_comment {
                map.insert("comment".into(), comment.into());
            }
        }
    }
}
