//! A resource limit that LXC can't set.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::raw::is_limit;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for raw in &guest.config.main.raw {
        let Some(resource) = raw.key.strip_prefix(b"lxc.prlimit.") else { continue };
        let known = table::RESOURCES.iter().any(|known| known.as_bytes() == resource);
        let (span, what, label) = if !known {
            let near = words::did_you_mean(resource, table::RESOURCES.iter().map(|known| known.as_str()));
            let label = near.map_or_else(|| "no such resource".to_owned(), |near| format!("did you mean `{near}`?"));
            (raw.key_span, "`Unknown resource`", label)
        } else if !is_limit(raw.value) {
            (raw.span, "LXC can't read its config", "a number or unlimited, or two of them with a colon".to_owned())
        } else {
            continue;
        };
        let finding = finding_in_main(
            guest,
            raw.key,
            span,
            format!("LXC can't set `{}` of {}", words::name(raw.key), display_name(guest)),
        )
        .label(label)
        .discriminator(words::name(raw.value))
        .consequence(format!("The container doesn't start: {what}."))
        .edit(format!("correct line {} of {}", line_number(guest, span), conf(guest)));
        sink.push(finding);
    }
}
