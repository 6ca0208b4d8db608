//! A property without the value it needs.

use super::{StorageView, article, kinds_in_words, short};
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::storage::Refusal;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(view) = StorageView::of(context) else { return };
    for refused in view.refused().filter(|refused| *refused.refusal == Refusal::NoValue) {
        let (section, key) = (refused.section, refused.key.value);
        let id = section.id.value;
        let mut finding = view
            .finding(section, refused.key.span, format!("`{}` of storage `{id}` has no value", short(key)))
            .discriminator(short(key))
            .label("nothing after it")
            .consequence("PVE ignores the line and uses the default; its next change of any storage deletes the line.");
        if let (true, Some(known)) = (refused.is("content"), section.storage_type) {
            finding = finding.note(format!(
                "by default {} {} storage holds {}",
                article(known.name),
                known.name,
                kinds_in_words(known.default_content)
            ));
        }
        sink.push(view.remove_line(finding, refused.key.span));
    }
}
