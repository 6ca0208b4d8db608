//! A replication job of a guest that is not there.

use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::ReplicationCfg, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(file) = context.cluster.section_file("replication.cfg") else { return };
    for job in file.model.effective() {
        let id = words::name(job.id.value.as_bytes());
        let guest = id.split('-').next().and_then(|guest| guest.parse().ok());
        let Some(vmid) = guest.filter(|vmid| context.cluster.guest(*vmid).is_none()) else { continue };
        sink.push(
            finding_in(
                file,
                Some(job),
                job.id.span,
                format!("replication job `{id}` is of guest {vmid}, which isn't there"),
            )
            .consequence("The job is skipped for ever without a message; its snapshots stay on the target.")
            .edit(format!("delete the section at {}", line(file, job.header))),
        );
    }
}
