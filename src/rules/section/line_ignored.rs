//! A line that is neither header nor property where it stands.

use super::{files, finding_in, line, section_of};
use crate::finding::Level;
use crate::model::section::{Reason, Shape};
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for file in files(context.cluster) {
        // A header that PVE doesn't take for one brings the lines below it along: one finding says so.
        let mut told = 0;
        for dropped in &file.model.dropped {
            let Reason::Line(shape) = dropped.reason else { continue };
            let follows = matches!(shape, Shape::Property(_)) && dropped.section.is_none() && dropped.line == told + 1;
            told = dropped.line;
            let text = words::code(dropped.span.bytes(file.model.text).trim_ascii());
            let (level, message, fix) = match shape {
                _ if follows => continue,
                Shape::Blank if dropped.span.bytes(file.model.text).contains(&b'\r') => (
                    Level::Error,
                    "a line that looks empty ends with a carriage return: PVE reads on as if it weren't there"
                        .to_owned(),
                    format!("convert the file: sed -i 's/\\r$//' /etc/pve/{}", file.model.spec.file),
                ),
                Shape::Blank => (
                    Level::Warning,
                    "blanks alone don't end a section".to_owned(),
                    format!("delete {}, or make it empty", line(file, dropped.span)),
                ),
                Shape::Header(_) => (
                    Level::Error,
                    format!("{text} isn't taken for a header: no empty line stands in front of it"),
                    format!("put an empty line in front of {}", line(file, dropped.span)),
                ),
                Shape::Property(_) => (
                    Level::Error,
                    format!("{text} belongs to no section"),
                    format!("put it below the header of its section, or delete {}", line(file, dropped.span)),
                ),
                Shape::Text(_) => (
                    Level::Error,
                    format!("PVE ignores the line {text}"),
                    format!("indent it when it is a property, or delete {}", line(file, dropped.span)),
                ),
            };
            let finding = finding_in(file, section_of(file, dropped), dropped.span, message)
                .discriminator(words::name(dropped.span.bytes(file.model.text)))
                .at_level(level)
                .consequence("PVE logs a warning that nobody sees; the line is lost when it writes the file.")
                .edit(fix);
            sink.push(match shape {
                Shape::Header(_) => finding.consequence("The properties below it are added to the section above."),
                _ => finding,
            });
        }
    }
}
