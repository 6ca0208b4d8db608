//! Commands that change a VM whose config has lines that PVE drops: PVE writes what it holds, and the lines are gone, be it the
//! disk or the snapshot that another finding asks to correct.

use rustc_hash::FxHashSet;

use crate::cluster::Cluster;
use crate::finding::Finding;
use crate::model::guest::{DropReason, QuirkKind};
use crate::model::vm::Vm;

const REMARK: &str = "only after the lines that PVE drops are corrected: this deletes them";

/// Says so in every fix with such a command, whichever rule proposes it.
pub(in crate::rules) fn warn_of_lost_lines(cluster: &Cluster<'_>, findings: &mut [Finding]) {
    let of_vm = |guest: &crate::cluster::Guest<'_, Vm<'_>>| guest.vmid.filter(|_| loses_lines(&guest.config));
    let vmids: FxHashSet<u32> = cluster.vms.iter().filter_map(of_vm).collect();
    if vmids.is_empty() {
        return;
    }
    let concerns = |command: &str| {
        let mut words = command.split(' ');
        words.next() == Some("qm")
            && words.nth(1).and_then(|vmid| vmid.parse().ok()).is_some_and(|vmid| vmids.contains(&vmid))
    };
    for finding in findings {
        finding.remark_on_commands(concerns, REMARK);
    }
}

/// Whether the next change of the VM deletes lines that somebody meant.
fn loses_lines(vm: &Vm<'_>) -> bool {
    let dropped =
        vm.dropped.iter().any(|dropped| !matches!(dropped.why, DropReason::FalseDescription | DropReason::Snapstate));
    dropped
        || vm.quirks.iter().any(|quirk| match &quirk.why {
            // Whether a model of the cluster's own exists stands in another file.
            QuirkKind::Invalid(problem) => !(quirk.key == b"cpu" && problem.text.starts_with(b"Custom cputype")),
            QuirkKind::UnknownOption { .. } | QuirkKind::SectionReplaced(_) => true,
            _ => false,
        })
}
