//! A property that the type of the section does not have.

use super::{files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Reason, Refusal};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let release = context.cluster.release;
    for file in files(context.cluster) {
        for dropped in &file.model.dropped {
            let Reason::Property { key, refusal: Refusal::Unknown | Refusal::Foreign, .. } = &dropped.reason else {
                continue;
            };
            let Some(section) = section_of(file, dropped) else { continue };
            let Some(section_type) = section.section_type else { continue };
            let name = words::code(key.value);
            let own = section_type.properties.iter().filter(|property| property.known_to(release));
            let near = words::did_you_mean(key.value, own.map(|property| property.name));
            let elsewhere = section_type.properties.iter().any(|property| *property.name.as_bytes() == **key.value);
            let label =
                if elsewhere { format!("{release} has no such property") } else { "no such property".to_owned() };
            let message = format!("PVE ignores {name}: `{}` sections have no such property", section_type.name);
            let finding = finding_in(file, Some(section), key.span, message)
                .label(label)
                .discriminator(words::name(key.value))
                .consequence("The line has no effect, and is lost when PVE writes the file.");
            sink.push(match near {
                Some(near) => finding.edit(format!("did you mean `{near}`? Correct {}", line(file, key.span))),
                None => finding.edit(format!("delete {}", line(file, key.span))),
            });
        }
    }
}
