//! The same vmid at two places of one tree.

use rustc_hash::FxHashMap;

use crate::finding::{Finding, Level};
use crate::rules::{Context, Rule, Sink};
use crate::source::FileKind;
use crate::text::{Place, Span};

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let cluster = context.cluster;
    let mut first = FxHashMap::default();
    first.reserve(cluster.containers.len() + cluster.vms.len());
    let guests = cluster.sources.files_of(cluster.id);
    for file in guests.filter(|file| matches!(file.kind, FileKind::Container | FileKind::Vm | FileKind::OpenVz)) {
        let Some(vmid) = file.vmid else { continue };
        let place = Place { file: file.id, span: Span::default() };
        let Some(&other) = first.get(&vmid) else {
            first.insert(vmid, place);
            continue;
        };
        let finding = Finding::new(format!("guest {vmid}"), place, format!("vmid {vmid} is used twice in this tree"))
            .discriminator(file.rel())
            .related(other, "the other config of this vmid")
            .consequence("A vmid exists once in a cluster: pmxcfs refuses to create the second file, and doesn't start with a database that holds both.")
            .edit("find out which node runs the guest, and remove the stale copy");
        sink.push(finding);
    }
}
