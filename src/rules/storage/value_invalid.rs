//! A value that PVE refuses.

use super::{StorageView, pve_message};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::Kind;
use crate::model::storage::{PATH, Refusal};
use crate::model::tables::storage::{self as tables};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

/// Properties whose refused values have rules of their own.
const OTHERS: [&str; 4] = ["content", "monhost", "nodes", "prune-backups"];

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused() {
        let (Refusal::Invalid(problem), Some(value)) = (refused.refusal, refused.value) else { continue };
        let key = words::name(refused.key.value);
        let other_line = refused.other_line();
        let schema = tables::property(key.as_bytes(), view.release());
        let has_own_rule = OTHERS.contains(&key.as_str()) || schema.is_some_and(|schema| schema.kind == Kind::Boolean);
        if has_own_rule && other_line.is_none() {
            continue;
        }
        let section = refused.section;
        let id = section.id.value;
        let finding = view
            .finding(section, problem.span, format!("PVE refuses `{key}` of storage `{id}`"))
            .discriminator(key.as_str())
            .label(pve_message(problem));
        if let Some(other) = other_line {
            let finding = finding
                .at_level(Level::Warning)
                .secondary(view.at(other.line), "this line takes precedence")
                .consequence("PVE ignores the invalid line, and its next change of any storage deletes it.");
            sink.push(view.remove_line(finding, value.span));
            continue;
        }
        let finding = finding
            .consequence("PVE ignores the line and uses the default; its next change of any storage deletes the line.");
        let near = schema.and_then(|schema| words::did_you_mean(value.value, schema.values.iter().copied()));
        sink.push(match near {
            Some(near) => view.set(finding, section, &key, near, Some(value.span)),
            None => finding.edit(format!(
                "write a {key} that PVE accepts in line {} of {PATH}, or remove the line",
                view.line(value.span)
            )),
        });
    }
}
