//! Two sections of one file with the same id.

use super::{files, finding_in, line};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;
use rustc_hash::FxHashMap;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        let last: FxHashMap<&[u8], _> = file
            .model
            .sections
            .iter()
            .filter(|section| section.order > 0)
            .map(|section| (section.id.value.as_bytes(), section))
            .collect();
        for section in file.model.sections.iter().filter(|section| section.is_replaced) {
            let Some(by) = last.get(section.id.value.as_bytes()).filter(|by| by.header != section.header) else {
                continue;
            };
            let id = words::code(section.id.value.as_bytes());
            sink.push(
                finding_in(
                    file,
                    Some(section),
                    section.header,
                    format!("{id} is there twice: the last section counts"),
                )
                .label("nothing of this section counts")
                .secondary(file.at(by.header), "this one counts")
                .consequence("PVE says nothing about it; the section is lost when it writes the file.")
                .edit(format!("give {} another id, or delete the section", line(file, section.header))),
            );
        }
    }
}
