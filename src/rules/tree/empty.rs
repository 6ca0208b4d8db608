//! A directory without any configuration of PVE.

use super::report;
use crate::finding::Level;
use crate::rules::{Rule, Sink};
use crate::source::{ProblemKind, Sources};

/// The rule.
pub const RULE: Rule = Rule::sources(Level::Error, check);

fn check(sources: &Sources, sink: &mut Sink) {
    report(
        sources,
        sink,
        |kind| matches!(kind, ProblemKind::NothingFound),
        |finding| {
            finding
                .consequence("Nothing was checked.")
                .edit("name the directory that contains user.cfg, storage.cfg or nodes/")
        },
    );
    report(
        sources,
        sink,
        |kind| matches!(kind, ProblemKind::EmptyPve),
        |finding| {
            finding
            .consequence("/etc/pve is a file system of its own (pmxcfs, FUSE), and a backup of the root file system leaves it out: what it")
            .consequence("holds is then in var/lib/pve-cluster/config.db of the same backup, if anywhere. Nothing was checked.")
            .edit("on a node: systemctl status pve-cluster; for a backup: copy /etc/pve itself, as `tar -C / -czf pve.tar.gz etc/pve` does")
        },
    );
}
