//! `maxfiles`, which PVE 9 does not know any more.

use super::StorageView;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::number;
use crate::model::storage::Refusal;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check).since(Release::Pve9);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused().filter(|refused| refused.is("maxfiles") && *refused.refusal == Refusal::Unknown) {
        let section = refused.section;
        let id = section.id.value;
        let finding = view
            .finding(section, refused.key.span, format!("PVE 9 ignores maxfiles of storage `{id}`"))
            .label("unknown since pve-storage 9.0.9");
        if section.property("prune-backups").is_some() {
            let finding = finding.at_level(Level::Note).consequence("prune-backups says how much to keep.");
            sink.push(view.remove_line(finding, refused.key.span));
            continue;
        }
        let finding =
            finding.consequence("A backup job without its own retention keeps every backup until the storage is full.");
        let keep = refused.value.and_then(|value| number::integer(value.value)).filter(|&keep| keep >= 0);
        sink.push(match keep {
            Some(0) => view.set(finding, section, "prune-backups", "keep-all=1", Some(refused.key.span)),
            Some(keep) => {
                view.set(finding, section, "prune-backups", &format!("keep-last={keep}"), Some(refused.key.span))
            }
            None => view.remove_line(finding, refused.key.span),
        });
    }
}
