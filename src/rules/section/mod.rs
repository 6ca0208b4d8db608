//! Files of sections other than storage.cfg (jobs, replication, realms, HA, mappings, CPU models, metric servers, SDN): what PVE drops
//! of any of them. What single files say is for the rules of their subjects.

use bstr::ByteSlice;

use crate::cluster::{Cluster, File};
use crate::finding::Finding;
use crate::model::section::{Dropped, Section, SectionFile};
use crate::rules::words;
use crate::text::Span;

include!(concat!(env!("OUT_DIR"), "/rules/section.rs"));

/// A file and what PVE makes of it.
pub(in crate::rules) type SectionCfg<'a> = File<SectionFile<'a>>;

/// All such files of a cluster.
fn files<'c, 'a>(cluster: &'c Cluster<'a>) -> impl Iterator<Item = &'c SectionCfg<'a>> {
    cluster.sections.iter()
}

/// A finding about a section: `jobs.cfg: backup-1`.
pub(in crate::rules) fn finding_in(
    file: &SectionCfg<'_>,
    section: Option<&Section<'_>>,
    span: Span,
    message: impl Into<String>,
) -> Finding {
    let name = file.model.spec.file;
    let subject = match section {
        Some(section) => format!("{name}: {}", words::name(section.id.value.as_bytes())),
        None => name.to_owned(),
    };
    Finding::new(subject, file.at(span), message)
}

/// The section that something dropped was in.
fn section_of<'f, 'a>(file: &'f SectionCfg<'a>, dropped: &Dropped<'_>) -> Option<&'f Section<'a>> {
    file.model.sections.get(dropped.section?)
}

/// What becomes of a file with a section that lacks something.
fn consequence_of_empty(file: &str) -> &'static str {
    match file {
        "replication.cfg" => "PVE can't read the file any more: no guest of the cluster is replicated.",
        "jobs.cfg" => "The scheduler stops at it: jobs whose id sorts behind it run on no node.",
        "sdn/zones.cfg" | "sdn/vnets.cfg" => "The SDN configuration can't be applied on any node.",
        _ => "It is as if it weren't there, and PVE can't write the file any more: every change of it fails.",
    }
}

/// The line of `span` on a node, for an edit.
pub(in crate::rules) fn line(file: &SectionCfg<'_>, span: Span) -> String {
    let before = file.model.text.get(..span.start as usize).unwrap_or_default();
    format!("line {} of /etc/pve/{}", before.find_iter(b"\n").count() + 1, file.model.spec.file)
}
