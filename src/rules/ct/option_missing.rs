//! A container without one of the three options that its start needs.

use super::{Ct, conf, display_name, finding_in_main};
use crate::finding::Level;
use crate::model::container::{Quirk, QuirkKind};
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    let needed = [b"arch".as_slice(), b"ostype", b"rootfs"];
    let has = |key: &[u8]| config.main.options.iter().any(|option| option.key == key);
    if needed.iter().all(|key| has(key)) {
        return;
    }
    // A container that is being made has no more than this yet.
    if config.main.get("lock").is_some_and(|lock| &*lock.value == b"create") {
        return;
    }
    // A line that PVE dropped, or that is glued to another, is found as such.
    let is_lost = |key: &[u8]| {
        let begins = |span: Span| {
            let line = span.bytes(config.text).trim_ascii_start();
            line.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key))
        };
        let glued = |quirk: &Quirk<'_>| quirk.why == QuirkKind::Glued && begins(quirk.span);
        config.dropped.iter().any(|dropped| begins(dropped.span)) || config.quirks.iter().any(glued)
    };
    let missing: Vec<_> = needed.iter().filter(|key| !has(key) && !is_lost(key)).map(words::name).collect();
    let Some(first) = missing.first() else { return };
    let mut finding = finding_in_main(
        guest,
        b"",
        Span::default(),
        format!("{} has no {}", display_name(guest), words::list(&missing, 3)),
    )
    .discriminator(missing.join(" "))
    .consequence(format!("The container doesn't start: `missing '{first}' - internal error`."));
    for key in &missing {
        finding = finding.edit(match key.as_str() {
            "arch" => format!("add the line `arch: amd64`, or what the container was made for, to {}", conf(guest)),
            "ostype" => format!("add a line ostype with the distribution, or `ostype: unmanaged`, to {}", conf(guest)),
            _ => format!(
                "add a line rootfs with the container's volume to {}; `pct rescan` lists volumes that no option names",
                conf(guest)
            ),
        });
    }
    sink.push(finding);
}
