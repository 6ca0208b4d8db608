//! A job whose schedule never comes.

use super::jobs;
use crate::cluster::Input;
use crate::finding::{Command, Level};
use crate::model::calendar;
use crate::rules::section::finding_in;
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Error, &[Input::JobsCfg], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime();
    for (file, job) in jobs(context.cluster, "vzdump").chain(jobs(context.cluster, "realm-sync")) {
        let Some(schedule) = job.value("schedule") else { continue };
        let Ok(event) = calendar::parse(&schedule.value) else { continue };
        if event.next_after(now).is_some() {
            continue;
        }
        let id = words::name(job.id.value.as_bytes());
        let finding =
            finding_in(file, Some(job), schedule.span, format!("job `{id}` never runs: its schedule never comes"))
                .label("no day is like this from now on")
                .consequence("PVE accepts the schedule and computes no next run; nothing says so.");
        let kind = if job.section_type.is_some_and(|one| one.name == "vzdump") { "backup" } else { "realm-sync" };
        let command = Command::new(&format!(
            "pvesh set /cluster/{}",
            if kind == "backup" { "backup" } else { "jobs/realm-sync" }
        ));
        let command =
            Command::new(&format!("{}/{}", command.line().unwrap_or_default(), crate::finding::shell_quoted(&id)));
        sink.push(
            finding.fix_command_when(command.words("--schedule 'mon..fri 2:00'"), "with the time that was meant"),
        );
    }
}
