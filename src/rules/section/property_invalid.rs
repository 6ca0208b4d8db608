//! A property that PVE refuses: its value, or that it has none.

use super::{files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Reason, Refusal};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        for dropped in &file.model.dropped {
            let Reason::Property { key, refusal, .. } = &dropped.reason else { continue };
            let name = words::code(key.value);
            let (label, fix) = match refusal {
                Refusal::Invalid(problem) => {
                    (words::name(&problem.text), format!("correct {}", line(file, dropped.span)))
                }
                Refusal::NoValue => {
                    ("it has no value".to_owned(), format!("give it a value, or delete {}", line(file, dropped.span)))
                }
                Refusal::Unknown | Refusal::Foreign | Refusal::Duplicate(_) => continue,
            };
            let section = section_of(file, dropped);
            let label = label.replace('\n', "; ");
            sink.push(
                finding_in(file, section, dropped.span, format!("PVE ignores {name}: it refuses the value"))
                    .label(label)
                    .discriminator(words::name(key.value))
                    .consequence("The section counts without it, as if the line weren't there.")
                    .edit(fix),
            );
        }
    }
}
