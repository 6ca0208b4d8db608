//! A line that PVE doesn't recognise.

use super::{VmGuest, is_option};
use crate::finding::Level;
use crate::model::guest::{DropReason, Shape};
use crate::rules::guest::AnyGuest;
use crate::rules::guest::level_for_section;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for dropped in &guest.config.dropped {
        let line = dropped.span.bytes(guest.config.text).trim_ascii();
        let (key, label): (Option<&[u8]>, _) = match dropped.why {
            DropReason::Unparsable(Shape::Indented) if line.starts_with(b"#") => {
                (None, "# isn't at the start of the line")
            }
            DropReason::Unparsable(Shape::Indented) => (None, "a line can't begin with blanks"),
            DropReason::Unparsable(Shape::UpperCase(key)) => (Some(key), "options are lower case"),
            DropReason::Unparsable(Shape::Equals(key)) => (Some(key), "an option needs a colon, not ="),
            DropReason::Unparsable(Shape::BlankBeforeColon(key)) => (Some(key), "no blank before the colon"),
            DropReason::Unparsable(Shape::NoValue(_)) => (Some(b""), "the value is missing"),
            DropReason::Unparsable(Shape::BadKey(_)) => (Some(b""), "there is no such option"),
            DropReason::Unparsable(Shape::Other) if line.starts_with(b"\xef\xbb\xbf") => {
                (Some(b""), "there is a byte order mark in front")
            }
            DropReason::Unparsable(Shape::Other) if line.starts_with(b"[") => continue,
            DropReason::Unparsable(Shape::Other) => (Some(b""), "neither an option nor a section"),
            DropReason::Delete => (Some(b""), "only pending changes have this line"),
            DropReason::Snapstate => (Some(b""), "only snapshots have a state"),
            DropReason::FalseDescription
            | DropReason::BadHeader { .. }
            | DropReason::SkippedSection { .. }
            | DropReason::RawUnknown(_)
            | DropReason::RawRejected(..) => continue,
        };
        let right = match key {
            None => Some(line.to_vec()),
            Some(key) if is_option(key) => {
                let value = line.get(key.len()..).unwrap_or_default().trim_ascii_start();
                let value = value.get(1..).unwrap_or_default().trim_ascii_start();
                Some([&key.to_ascii_lowercase(), &b": "[..], value].concat())
            }
            Some(_) => None,
        };
        let is_remark = line.starts_with(b"#");
        let message =
            format!("PVE ignores {} of {}", if is_remark { "a remark" } else { "a line" }, any.display_name());
        let finding = any
            .finding_in(dropped.place, b"", dropped.span, message)
            .label(label)
            .discriminator(words::name(line))
            .consequence("PVE warns `unable to parse config`, and its next change of the VM deletes the line.");
        let finding = match right {
            Some(right) => finding.edit(any.write_as(dropped.span, right)),
            None => finding.edit(format!("correct {}, or remove the line", any.line(dropped.span))),
        };
        let level = if is_remark { Level::Warning } else { RULE.level };
        sink.push(level_for_section(finding, level, dropped.place));
    }
}
