//! A guest's config under a name or in a place that PVE doesn't see.

use crate::finding::{Finding, Level};
use crate::rules::{Rule, Sink};
use crate::source::{FileKind, Sources, Unrecognised};
use crate::text::{Place, Span};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Warning, check);

fn check(sources: &Sources, sink: &mut Sink) {
    for file in &sources.files {
        let FileKind::Unrecognised(stray) = file.kind else { continue };
        let why = match stray {
            Unrecognised::LeadingZero => "a vmid has no leading zero",
            Unrecognised::VmidTooBig => "the number doesn't fit 32 bits",
            Unrecognised::NodeName => "the directory above it can't be a node's name",
            // A README beside the guests is no guest that anybody misses.
            Unrecognised::NoVmid if file.shown.ends_with(".conf") => "the name isn't a vmid",
            Unrecognised::Suffix => "the name must end in .conf, nothing else",
            Unrecognised::NoVmid
            | Unrecognised::GuestElsewhere
            | Unrecognised::Unknown
            | Unrecognised::HiddenTree
            | Unrecognised::SecondCopy
            | Unrecognised::Database => continue,
        };
        let place = Place { file: file.id, span: Span::default() };
        let mut finding = Finding::new(format!("tree: {}", file.rel()), place, format!("PVE ignores {}", file.shown))
            .label(why)
            .consequence("No node lists a guest of this file, and nothing starts or backs it up.")
            .edit("rename it to VMID.conf when it should be a guest, or move it out of the tree");
        // Copies that people and editors leave behind are meant to be unseen.
        if matches!(stray, Unrecognised::Suffix) && !file.shown.to_ascii_lowercase().ends_with(".conf") {
            finding = finding.at_level(Level::Note);
        }
        sink.push(finding);
    }
}
