//! A property that begins at the margin.

use super::{StorageView, is_property, lost_header, lost_key, property_text};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::{Ghost, Owner, Reason, Shape, Status};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for dropped in &view.cfg.dropped {
        let Reason::Line(Shape::Text(property)) = dropped.reason else { continue };
        let Some(section) = view.section(dropped.section) else { continue };
        let explained = match section.status() {
            Status::Ok => matches!(dropped.owner, Owner::Line(_)),
            Status::Ghost(Ghost::Missing(missing)) => {
                lost_key(section, missing, &dropped.reason, view.release()).is_some()
            }
            Status::Ghost(_) => false,
            Status::Absent(_) | Status::Overridden(_) => true,
        };
        if explained || !is_property(property.key) || lost_header(&dropped.reason).is_some() {
            continue;
        }
        let key = words::name(property.key);
        let bare = key.strip_suffix(':').unwrap_or(&key);
        let finding = view
            .finding(section, dropped.span, format!("{bare} of storage `{}` isn't indented", section.id.value))
            .discriminator(bare)
            .label("a property begins with a blank")
            .consequence("PVE logs and ignores the line, uses the default instead, and its next change of any storage deletes the line.");
        sink.push(view.write_line(
            finding,
            section,
            &format!("    {}", property_text(property, bare)),
            Some(dropped.span),
        ));
    }
}
