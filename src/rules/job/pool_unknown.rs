//! A backup job of a pool that is not there.

use super::jobs;
use crate::cluster::Input;
use crate::finding::Level;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::JobsCfg, Input::User], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(user) = &context.cluster.user else { return };
    for (file, job) in jobs(context.cluster, "vzdump") {
        let Some(pool) = job.value("pool").filter(|pool| user.model.pool(pool.value.as_bytes()).is_none()) else {
            continue;
        };
        let (id, name) = (words::code(job.id.value.as_bytes()), words::code(pool.value.as_bytes()));
        sink.push(
            finding_in(file, Some(job), pool.span, format!("job {id} backs up pool {name}, which isn't defined"))
                .consequence("Every run dies with `pool does not exist`, and nothing is backed up.")
                .edit(format!("name an existing pool in {}, or create it", line(file, pool.span))),
        );
    }
}
