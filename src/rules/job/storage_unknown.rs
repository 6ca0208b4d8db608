//! A backup job to a storage that is not defined.

use super::jobs;
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::rules::section::finding_in;
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::JobsCfg, Input::Storage], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let Some(storage) = &context.cluster.storage else { return };
    for (file, job) in jobs(context.cluster, "vzdump") {
        let Some(named) = job.value("storage") else { continue };
        if storage.model.storage(named.value.as_bytes()).is_some() {
            continue;
        }
        let (id, name) = (words::name(job.id.value.as_bytes()), words::code(named.value.as_bytes()));
        let known: Vec<String> = storage.model.storages().map(|one| words::name(one.id.value)).collect();
        let near = words::did_you_mean(named.value.as_bytes(), known.iter().map(String::as_str));
        let finding = finding_in(
            file,
            Some(job),
            named.span,
            format!("job `{id}` backs up to storage {name}, which isn't defined"),
        )
        .consequence("Every run ends with `could not get storage information`, and nothing is backed up.");
        sink.push(match near {
            Some(near) => finding.fix_command(
                Command::new(&format!("pvesh set /cluster/backup/{}", crate::finding::shell_quoted(&id)))
                    .words("--storage")
                    .arg(near),
            ),
            None => finding.edit(format!("define storage {name}, or name another one in the job")),
        });
    }
}
