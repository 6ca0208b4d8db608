//! A property that a section has already.

use super::{files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Reason, Refusal};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        for dropped in &file.model.dropped {
            let Reason::Property { key, refusal: Refusal::Duplicate(earlier), .. } = &dropped.reason else { continue };
            let name = words::code(key.value);
            sink.push(
                finding_in(
                    file,
                    section_of(file, dropped),
                    dropped.span,
                    format!("{name} is there twice: the first one counts"),
                )
                .label("PVE ignores this line")
                .secondary(file.at(*earlier), "this one counts")
                .discriminator(words::name(key.value))
                .edit(format!("delete one of the two; {} has no effect", line(file, dropped.span))),
            );
        }
    }
}
