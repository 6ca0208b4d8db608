//! Backup and realm sync jobs in `jobs.cfg`.

use crate::cluster::Cluster;
use crate::model::section::Section;
use crate::rules::section::SectionCfg;

include!(concat!(env!("OUT_DIR"), "/rules/job.rs"));

/// The jobs that PVE has, of one type.
fn jobs<'c, 'a>(
    cluster: &'c Cluster<'a>,
    kind: &'static str,
) -> impl Iterator<Item = (&'c SectionCfg<'a>, &'c Section<'a>)> {
    let file = cluster.section_file("jobs.cfg");
    let of_kind = move |section: &&Section<'a>| section.section_type.is_some_and(|one| one.name == kind);
    file.into_iter().flat_map(move |file| file.model.effective().filter(of_kind).map(move |section| (file, section)))
}
