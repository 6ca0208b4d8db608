//! A backup job that names a guest that is not there.

use super::jobs;
use crate::cluster::Input;
use crate::finding::Level;
use crate::model::schema::format::list_in;
use crate::rules::section::{finding_in, line};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;
use bstr::ByteSlice;

/// The rule.
pub const RULE: Rule = Rule::cluster(Level::Warning, &[Input::JobsCfg, Input::Inventory], check);

fn check(context: &Context<'_>, sink: &mut Sink) {
    let cluster = context.cluster;
    for (file, job) in jobs(cluster, "vzdump") {
        let Some(list) = job.value("vmid").filter(|_| job.property("pool").is_none()) else { continue };
        let is_missing = |vmid: &&[u8]| {
            let number = std::str::from_utf8(vmid).ok().and_then(|text| text.parse().ok());
            number.is_some_and(|vmid| cluster.guest(vmid).is_none())
        };
        let missing: Vec<&[u8]> = list_in(&list.value, cluster.release).filter(is_missing).collect();
        let Some(first) = missing.first() else { continue };
        let id = words::code(job.id.value.as_bytes());
        let names: Vec<_> = missing.iter().map(words::name).collect();
        let span = Span::of(&list.value, first).shifted(list.span.start);
        sink.push(
            finding_in(
                file,
                Some(job),
                span,
                format!("job {id} backs up {}, which isn't there", words::list(&names, 4)),
            )
            .discriminator(names.join(" "))
            .consequence("Each run reports `unable to find VM` and ends with an error, after the other guests.")
            .edit(format!("take {} out of {}", words::list(&names, 8), line(file, list.span))),
        );
    }
}
