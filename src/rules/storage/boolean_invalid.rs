//! A boolean that is neither 1 nor 0.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::{self, Kind};
use crate::model::storage::PATH;
use crate::model::tables::storage::{self as tables};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused() {
        let Some((_, value)) = refused.problem() else { continue };
        let key = words::name(refused.key.value);
        let Some(schema) = tables::property(key.as_bytes(), view.release()).filter(|p| p.kind == Kind::Boolean) else {
            continue;
        };
        let section = refused.section;
        let id = section.id.value;
        let default = schema.default == Some("1");
        let meant = schema::boolean(value.value);
        let effect = match (key.as_str(), default) {
            ("disable", _) => "so the storage stays enabled",
            ("shared", _) => "so the storage isn't shared: migration copies its volumes",
            (_, true) => "so it is on, as by default",
            (_, false) => "so it is off, as by default",
        };
        let mut finding = view
            .finding(section, value.span, format!("`{key}` of storage `{id}` is neither 1 nor 0"))
            .discriminator(key.as_str())
            .label(format!("PVE ignores the line, {effect}"))
            .consequence("Words like yes and true work only on the command line, not in the file. PVE's next change of any storage deletes the line.");
        if meant == Some(default) {
            finding = finding.at_level(Level::Note);
        }
        sink.push(match meant {
            Some(meant) => view.set(finding, section, &key, if meant { "1" } else { "0" }, Some(value.span)),
            None => finding.edit(format!("write `{key} 1` or `{key} 0` in line {} of {PATH}", view.line(value.span))),
        });
    }
}
