//! A backup job that selects no guest.

use super::jobs;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::JobsCfg], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for (file, job) in jobs(context.cluster, "vzdump") {
        if job.property("pool").is_some() || job.property("vmid").is_some() || job.flag("all") {
            continue;
        }
        let id = words::code(job.id.value.as_bytes());
        sink.push(
            finding_in(
                file,
                Some(job),
                job.header,
                format!("job {id} selects no guest: it has no `all`, `vmid` or `pool`"),
            )
            .consequence("Every run fails before anything is backed up.")
            .edit(format!("add `all 1`, a list `vmid ...` or a `pool` below {}", line(file, job.header))),
        );
    }
}
