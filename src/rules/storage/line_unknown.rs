//! A line that is neither header, property nor comment.

use super::{BYTE_ORDER_MARK, StorageView, is_property, lost_header, lost_key, short};
use crate::cluster::Input;
use crate::finding::{Finding, Level};
use crate::model::storage::{Ghost, PATH, Reason, Shape, Status};
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    let cfg = view.cfg;
    for dropped in &cfg.dropped {
        let Reason::Line(Shape::Text(property)) = dropped.reason else { continue };
        let text = dropped.span.bytes(cfg.text);
        let explained = text.starts_with(BYTE_ORDER_MARK)
            || is_property(property.key)
            || lost_header(&dropped.reason).is_some()
            || view.section(dropped.section).is_some_and(|section| match section.status() {
                Status::Ghost(Ghost::Missing(missing)) => {
                    lost_key(section, missing, &dropped.reason, view.release()).is_some()
                }
                Status::Absent(_) | Status::Overridden(_) => true,
                Status::Ghost(_) | Status::Ok => false,
            });
        if explained {
            continue;
        }
        let finding = Finding::new("storage.cfg", view.at(dropped.span), "PVE ignores this line")
            .discriminator(short(text))
            .label("not a header, a property or a comment")
            .consequence("PVE logs it, and its next change of any storage deletes it.")
            .edit(format!(
                "begin line {} of {PATH} with `#`, or remove it; PVE's next change removes comments, too",
                dropped.line
            ));
        sink.push(finding);
    }
}
