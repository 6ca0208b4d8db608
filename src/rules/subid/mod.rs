//! `/etc/subuid` and `/etc/subgid` line by line: what shadow's tools ignore, and what says more than it seems to.

use crate::cluster::{Cluster, File};
use crate::model::idmap::IdKind;
use crate::model::subid::SubIds;

include!(concat!(env!("OUT_DIR"), "/rules/subid.rs"));

/// Those of the two files that are there, with their names and the kind of ids they grant.
fn files<'c>(cluster: &'c Cluster<'_>) -> impl Iterator<Item = (IdKind, &'static str, &'c File<SubIds<'c>>)> {
    let named = [(IdKind::User, "/etc/subuid", &cluster.subuid), (IdKind::Group, "/etc/subgid", &cluster.subgid)];
    named.into_iter().filter_map(|(kind, name, file)| Some((kind, name, file.as_ref()?)))
}
