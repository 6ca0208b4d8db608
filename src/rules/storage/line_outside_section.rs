//! Properties that stand in no section.

use super::{StorageView, is_property, lost_header, lost_key};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{Dropped, Ghost, Owner, PATH, Reason, Shape, Status};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    let is_stray = |dropped: &&Dropped<'_>| {
        dropped.section.is_none()
            && !matches!(dropped.owner, Owner::Line(_))
            && lost_header(&dropped.reason).is_none()
            && match dropped.reason {
                Reason::Line(Shape::Property(_)) => true,
                Reason::Line(Shape::Text(property)) => is_property(property.key),
                _ => false,
            }
    };
    let mut stray: Vec<&Dropped<'_>> = cfg.dropped.iter().filter(is_stray).collect();
    stray.sort_by_key(|dropped| dropped.line);
    for group in stray.chunk_by(|a, b| a.owner == b.owner) {
        let Some(first) = group.first() else { continue };
        let lines = words::count(group.len(), "line");
        let are = if group.len() == 1 { "is" } else { "are" };
        let finding = match first.owner {
            Owner::Section(at) => {
                let Some(section) = view.section(Some(at)) else { continue };
                let explained = match section.status() {
                    Status::Ok => false,
                    Status::Ghost(Ghost::Missing(missing)) => group
                        .iter()
                        .any(|dropped| lost_key(section, missing, &dropped.reason, view.release()).is_some()),
                    Status::Ghost(_) => false,
                    Status::Absent(_) | Status::Overridden(_) => true,
                };
                if explained {
                    continue;
                }
                view.finding(section, first.span, format!("{lines} of storage `{}` {are} ignored", section.id.value))
                    .label("the empty line above ended the section")
                    .edit(format!(
                        "remove the empty line between line {} and line {} of {PATH}, or what is below it",
                        view.line(section.header),
                        first.line
                    ))
            }
            Owner::None | Owner::Line(_) => {
                Finding::new("storage.cfg", view.at(first.span), format!("{lines} {are} ignored"))
                    .label("this belongs to no storage")
                    .discriminator(words::name(first.span.bytes(cfg.text)))
                    .edit(format!("write the header of the storage above line {} of {PATH}, or remove it", first.line))
            }
        };
        sink.push(finding.consequence("PVE logs and ignores what is between two sections, uses the defaults instead, and its next change of any storage deletes the lines."));
    }
}
