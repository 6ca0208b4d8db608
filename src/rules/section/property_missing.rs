//! A section without a property that it needs.

use super::{consequence_of_empty, files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Outcome, Reason};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        for dropped in file.model.dropped.iter().filter(|dropped| matches!(dropped.reason, Reason::Missing(_))) {
            let Some(section) = section_of(file, dropped) else { continue };
            let Outcome::Empty(missing) = &section.outcome else { continue };
            let names: Vec<_> = missing.iter().map(|name| format!("`{name}`")).collect();
            let names = words::list(&names, 4);
            let id = words::code(section.id.value.as_bytes());
            sink.push(
                finding_in(file, Some(section), section.header, format!("section {id} has no {names}"))
                    .consequence(consequence_of_empty(file.model.spec.file))
                    .edit(format!("add {names} below {}, or delete the section", line(file, section.header))),
            );
        }
    }
}
