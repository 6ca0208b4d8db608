//! A schedule whose hour PVE takes for a minute.

use super::jobs;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::calendar;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::JobsCfg], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    for (file, job) in jobs(context.cluster, "vzdump").chain(jobs(context.cluster, "realm-sync")) {
        let Some(schedule) = job.value("schedule") else { continue };
        let text = schedule.value.to_str_lossy();
        let Some(time) = text.split_whitespace().find(|word| word.contains(':')) else { continue };
        let Some((first, rest)) = time.split_once(':').filter(|(_, rest)| !rest.contains(':')) else { continue };
        let is_no_hour = first.bytes().all(|b| b.is_ascii_digit()) && first.parse::<u32>().is_ok_and(|hour| hour > 23);
        let Ok(event) = calendar::parse(&schedule.value) else { continue };
        if !is_no_hour || !event.hours.is_empty() {
            continue;
        }
        let id = words::code(job.id.value.as_bytes());
        sink.push(
            finding_in(file, Some(job), schedule.span, format!("job {id} runs every hour, at minute {first}"))
                .label(format!("{first} is no hour, so this is minute {first} and second {rest}"))
                .consequence("PVE reads the two numbers as minute and second where the first can't be an hour.")
                .edit(format!(
                    "write the hour from 0 to 23: `0:{rest}` for midnight, in {}",
                    line(file, schedule.span)
                )),
        );
    }
}
