//! A section whose header PVE refuses.

use super::{files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Outcome, Reason};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        for dropped in file.model.dropped.iter().filter(|dropped| matches!(dropped.reason, Reason::Header)) {
            let Some(section) = section_of(file, dropped) else { continue };
            let Outcome::Skipped(why) = &section.outcome else { continue };
            let name = words::code(section.header.bytes(file.model.text).trim_ascii());
            let span = if section.section_type.is_none() && !section.kind.span.is_empty() {
                section.kind.span
            } else {
                section.id.span
            };
            let types: Vec<_> = file.model.spec.types.iter().map(|one| one.name).collect();
            let near = words::did_you_mean(section.kind.value.as_bytes(), types);
            let finding = finding_in(file, Some(section), span, format!("PVE skips the section {name}"))
                .label(words::name(why))
                .consequence("Nothing in it counts, and it is lost when PVE writes the file.");
            sink.push(match near.filter(|_| section.section_type.is_none()) {
                Some(near) => finding.edit(format!("did you mean `{near}`? Correct {}", line(file, section.header))),
                None => finding.edit(format!("correct {}, or delete the section", line(file, section.header))),
            });
        }
    }
}
