//! A backup job for a node that is not there.

use super::jobs;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::JobsCfg, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let nodes = &context.cluster.tree.nodes;
    for (file, job) in jobs(context.cluster, "vzdump") {
        let Some(node) = job.value("node") else { continue };
        if nodes.iter().any(|known| known.as_bytes() == node.value.as_bytes()) {
            continue;
        }
        let (id, name) = (words::code(job.id.value.as_bytes()), words::code(node.value.as_bytes()));
        let near = words::did_you_mean(node.value.as_bytes(), nodes.iter().map(|node| &**node));
        let finding = finding_in(file, Some(job), node.span, format!("job {id} is for node {name}, which isn't there"))
            .consequence("No node runs the job, and nothing says so.");
        sink.push(match near {
            Some(near) => finding.edit(format!("did you mean `{near}`? Correct {}", line(file, node.span))),
            None => finding.edit(format!("name an existing node in {}", line(file, node.span))),
        });
    }
}
