//! An lxc.mount.entry whose target begins with a slash.

use super::{Ct, display_name, finding_in_main, remove_line, write_as};
use crate::finding::Level;
use crate::model::container::raw::MountEntry;
use crate::rules::{Context, Rule, Sink, words};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for raw in guest.config.main.raw_values("lxc.mount.entry") {
        let Some(entry) = MountEntry::parse(raw.value).filter(|entry| entry.target.starts_with(b"/")) else { continue };
        // The path of the root file system itself is understood.
        if [&b"/var/lib/lxc/"[..], b"/usr/lib/", b"/proc/self/fd/"].iter().any(|known| entry.target.starts_with(known))
        {
            continue;
        }
        let target = Span::of(guest.config.text, entry.target);
        let relative = entry.target.iter().skip_while(|b| **b == b'/').copied().collect::<Vec<_>>();
        let line_start = Span { start: raw.key_span.start, end: target.start }.bytes(guest.config.text);
        let rest = Span { start: target.end, end: raw.span.end }.bytes(guest.config.text);
        let name = words::name(entry.target);
        let finding = finding_in_main(
            guest,
            raw.key,
            target,
            format!("LXC ignores this mount of {}: `{name}` begins with a slash", display_name(guest)),
        )
        .label("a target is relative to the container's root")
        .discriminator(name)
        .consequence("The container starts without the mount; only LXC's log says `Ignoring mount point`.");
        sink.push(if relative.is_empty() {
            finding.edit(remove_line(guest, target))
        } else {
            finding.edit(write_as(guest, target, [line_start, &relative, rest].concat()))
        });
    }
}
