//! A section without a property that its type needs.

use super::{StorageView, article, lost_key, property_text, pve_message};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{Dropped, Ghost, PATH, Reason, Refusal, Role, Section, Shape, Status};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

/// So many ignored lines are shown.
const SHOWN: usize = 6;

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let lost = view.dropped_by_section();
    for (at, section) in view.cfg.sections.iter().enumerate() {
        if let Status::Ghost(Ghost::Missing(missing)) = section.status() {
            let lost = lost.get(&at).map_or(&[][..], Vec::as_slice);
            sink.push(ghost(&view, at, section, missing, lost));
        }
    }
}

fn ghost(
    view: &StorageView<'_, '_>,
    at: usize,
    section: &Section<'_>,
    missing: &[&'static str],
    lost: &[&Dropped<'_>],
) -> Finding {
    let id = section.id.value;
    let kind = section.type_name();
    let needs = if missing.len() > 1 { "needs them" } else { "needs one" };
    let mut finding = view
        .finding(section, section.id.span, format!("storage `{id}` has no `{}`", missing.join("` and no `")))
        .label(format!("{} {kind} storage {needs}", article(kind)));
    let mut steps = Vec::new();
    let mut lines = Vec::new();
    let mut outside = false;
    let mut unexplained = missing.to_vec();
    for dropped in lost {
        let Some(key) = lost_key(section, missing, &dropped.reason, view.release()) else { continue };
        unexplained.retain(|name| *name != key);
        lines.push(dropped.line.to_string());
        let (label, step) = explain(view, at, dropped, key, &mut outside);
        if lines.len() <= SHOWN {
            finding = finding.secondary(view.at(dropped.span), label);
            steps.extend(step);
        }
    }
    for name in &unexplained {
        steps.push(format!(
            "add a line with its `{name}` below line {} of {PATH}, or remove the section",
            view.line(section.header)
        ));
    }
    let gone = match lines.as_slice() {
        [] => String::new(),
        [line] => format!(", and the next change that succeeds deletes line {line}"),
        _ => format!(", and the next change that succeeds deletes lines {}", words::list(&lines, 8)),
    };
    finding = finding.consequence(format!(
        "PVE keeps only the name. Until this is fixed by hand, `pvesm status` and every change of any storage fail on the whole cluster{gone}."
    ));
    view.count_guests(finding, id).edit(steps.join("\n"))
}

/// What to say under an ignored line that would have been the missing property, and what to do about it.
fn explain(
    view: &StorageView<'_, '_>,
    at: usize,
    dropped: &Dropped<'_>,
    key: &'static str,
    outside: &mut bool,
) -> (String, Option<String>) {
    let line = dropped.line;
    match &dropped.reason {
        Reason::Line(Shape::Property(_) | Shape::Text(_)) if dropped.section.is_none() => {
            // One step removes what ended the section, however many properties stand below.
            let step = if std::mem::replace(outside, true) { None } else { empty_lines(view, at, dropped) };
            ("the empty line above ended the section; PVE ignores this line".to_owned(), step)
        }
        Reason::Line(Shape::Text(property)) => (
            "not indented: PVE ignores this line".to_owned(),
            Some(format!("write `    {}` in line {line} of {PATH}", property_text(*property, key))),
        ),
        Reason::Property { key: written, value, refusal } => match refusal {
            Refusal::Invalid(problem) => (
                format!("PVE ignores this line: {}", pve_message(problem)),
                Some(format!("write a `{key}` that PVE accepts in line {line} of {PATH}")),
            ),
            Refusal::NoValue => (
                "no value: PVE ignores this line".to_owned(),
                Some(format!("write the `{key}` in line {line} of {PATH}")),
            ),
            Refusal::Unknown | Refusal::Foreign | Refusal::Duplicate(_) => {
                let value = value.map(|value| format!(" {}", words::name(value.value))).unwrap_or_default();
                (
                    format!("PVE doesn't know {} here and ignores this line", words::name(written.value)),
                    Some(format!("write `    {key}{value}` in line {line} of {PATH}")),
                )
            }
        },
        _ => ("PVE ignores this line".to_owned(), None),
    }
}

/// The step that removes the empty lines between a section and one of its properties.
fn empty_lines(view: &StorageView<'_, '_>, at: usize, dropped: &Dropped<'_>) -> Option<String> {
    let document = &view.cfg.document;
    let end = document.sections.get(at)?.end;
    let below = document.lines.iter().enumerate().take(dropped.line as usize).skip(end);
    let empty: Vec<String> =
        below.filter(|(_, line)| line.role == Role::Empty).map(|(at, _)| (at + 1).to_string()).collect();
    let noun = if empty.len() == 1 { "line" } else { "lines" };
    (!empty.is_empty()).then(|| format!("remove {noun} {} of {PATH}", words::list(&empty, 12)))
}
