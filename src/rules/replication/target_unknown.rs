//! A replication job to a node that is not there.

use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::ReplicationCfg, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(file) = context.cluster.section_file("replication.cfg") else { return };
    let nodes = &context.cluster.tree.nodes;
    for job in file.model.effective() {
        let Some(target) = job.value("target") else { continue };
        if nodes.iter().any(|known| known.as_bytes() == target.value.as_bytes()) {
            continue;
        }
        let (id, name) = (words::code(job.id.value.as_bytes()), words::code(target.value.as_bytes()));
        sink.push(
            finding_in(
                file,
                Some(job),
                target.span,
                format!("replication job {id} goes to node {name}, which isn't there"),
            )
            .consequence("Each run fails, and there is no copy to start the guest from.")
            .edit(format!("name an existing node in {}", line(file, target.span))),
        );
    }
}
