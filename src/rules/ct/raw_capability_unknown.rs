//! A capability that LXC doesn't know.

use super::{Ct, conf, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::raw;
use crate::model::tables::lxc as table;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for raw in guest.config.main.raw.iter().filter(|raw| raw.key.starts_with(b"lxc.cap.")) {
        for word in raw::words(raw.value) {
            // Numbers are for capabilities that only the kernel knows.
            let known = word == b"none"
                || table::CAPABILITIES.iter().any(|known| known.as_bytes() == word)
                || word.iter().all(u8::is_ascii_digit);
            if known {
                continue;
            }
            let span = Span::of(guest.config.text, word);
            let name = words::name(word);
            let lower = word.to_ascii_lowercase();
            let plain = lower.strip_prefix(b"cap_").unwrap_or(&lower);
            let exact = table::CAPABILITIES.iter().map(|known| known.as_str()).find(|known| known.as_bytes() == plain);
            let near =
                exact.or_else(|| words::did_you_mean(plain, table::CAPABILITIES.iter().map(|known| known.as_str())));
            let finding = finding_in_main(guest, raw.key, span, format!("LXC doesn't know the capability `{name}`"))
                .label(near.map_or_else(String::new, |near| format!("did you mean `{near}`?")))
                .discriminator(name)
                .consequence("The container doesn't start.")
                .edit(format!("correct line {} of {}", line_number(guest, span), conf(guest)));
            sink.push(finding);
        }
    }
}
