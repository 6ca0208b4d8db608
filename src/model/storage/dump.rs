//! The parsed file as JSON: what PVE's `parse_config` returns and logs, in the form of the recorded results under
//! `tests/conformance`.

use serde_json::{Map, Value};

use super::{Outcome, Reason, Section, StorageCfg};
use crate::model::tables::storage::Sharing;

fn string(bytes: &[u8]) -> Value {
    Value::String(String::from_utf8_lossy(bytes).into_owned())
}

impl StorageCfg<'_> {
    /// `ids`, `order`, `warnings`, and `errors` when there are any. Scalars are strings, sets are sorted lists, a ghost is
    /// `null`; invalid UTF-8 becomes U+FFFD.
    #[must_use]
    pub fn dump(&self) -> Value {
        let mut ids = Map::new();
        for section in self.table() {
            ids.insert(section.id.value.to_string(), self.dump_section(section));
        }
        let mut order = Map::new();
        for section in self.sections.iter().filter(|section| section.order > 0) {
            order.insert(section.id.value.to_string(), section.order.into());
        }
        let warnings = self.dropped.iter().map(|dropped| string(&dropped.log(self))).collect();
        let mut dump = Map::new();
        dump.insert("ids".into(), Value::Object(ids));
        dump.insert("order".into(), Value::Object(order));
        dump.insert("warnings".into(), Value::Array(warnings));
        let errors: Vec<Value> = self.dump_errors().collect();
        if !errors.is_empty() {
            dump.insert("errors".into(), Value::Array(errors));
        }
        Value::Object(dump)
    }

    fn dump_section(&self, section: &Section<'_>) -> Value {
        if section.outcome != Outcome::Ok {
            return Value::Null;
        }
        let mut map = Map::new();
        for property in &section.properties {
            if !matches!(&**property.key.value, b"content" | b"nodes" | b"content-dirs") {
                map.insert(property.key.value.to_string(), string(&property.value.value));
            }
        }
        map.insert("type".into(), section.type_name().into());
        map.insert("content".into(), section.content.kinds.iter().map(|kind| Value::from(kind.name())).collect());
        if let Some(path) = section.path() {
            map.insert("path".into(), string(&path));
        }
        if let Some(nodes) = &section.nodes {
            let mut nodes: Vec<_> = nodes.iter().map(|node| node.value).collect();
            nodes.sort_unstable();
            nodes.dedup();
            map.insert("nodes".into(), nodes.into_iter().map(|node| string(node)).collect());
        }
        if section.property("content-dirs").is_some() {
            let dirs =
                section.content_dirs.iter().map(|dir| (dir.kind.value.name().to_owned(), string(dir.path.value)));
            map.insert("content-dirs".into(), Value::Object(dirs.collect()));
        }
        if section.storage_type.is_some_and(|storage_type| storage_type.sharing == Sharing::Always) {
            map.insert("shared".into(), "1".into());
        }
        if self.implicit_local.as_ref().is_some_and(|local| std::ptr::eq(local, section)) {
            map.insert("priority".into(), "0".into());
        }
        Value::Object(map)
    }

    fn dump_errors(&self) -> impl Iterator<Item = Value> {
        self.dropped.iter().filter_map(|dropped| {
            let Reason::Property { key, refusal, .. } = &dropped.reason else { return None };
            let section = self.sections.get(dropped.section?)?;
            let mut map = Map::new();
            map.insert("context".into(), dropped.context().into());
            map.insert("err".into(), string(&refusal.text(key.value, self.release)));
            map.insert("key".into(), string(key.value));
            map.insert("section".into(), string(section.id.value));
            Some(Value::Object(map))
        })
    }
}
