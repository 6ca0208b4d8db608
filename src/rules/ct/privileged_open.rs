//! A privileged container without the walls that remain.

use super::{Ct, display_name, finding_in_main, has_map};
use crate::finding::Level;
use crate::model::container::raw;
use crate::model::container::raw::DeviceRule;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    if has_map(config) {
        return;
    }
    let main = &config.main;
    let mut holes: Vec<(Span, &str)> = Vec::new();
    if let Some(nesting) = main
        .get("features")
        .and_then(|features| features.props.as_ref())
        .and_then(|props| props.get("nesting"))
        .filter(|nesting| nesting.is_true())
    {
        holes.push((nesting.key_span.join(nesting.span), "procfs and sysfs of the node can be mounted writable"));
    }
    for raw in &main.raw {
        let hole = match raw.key {
            b"lxc.apparmor.profile" if raw.value == b"unconfined" => "no AppArmor",
            b"lxc.cap.drop" if raw.value.is_empty() => "no capability is dropped",
            b"lxc.cgroup2.devices.allow" if DeviceRule::parse(raw.value).is_some_and(|rule| rule.is_everything()) => {
                "every disk of the node"
            }
            b"lxc.mount.auto" if raw::words(raw.value).any(|word| word == b"proc:rw") => "the node's /proc, writable",
            _ => continue,
        };
        holes.push((raw.key_span.join(raw.span), hole));
    }
    let Some(&(span, label)) = holes.first() else { return };
    // Nesting alone is how many run Docker in old privileged containers, knowingly: advice, no mistake.
    let level = if holes.len() == 1 && label.starts_with("procfs") { Level::Note } else { RULE.level };
    let mut finding = finding_in_main(
        guest,
        b"unprivileged",
        span,
        format!("root in {} can take over the node", display_name(guest)),
    )
    .at_level(level)
    .label(label);
    for &(span, label) in holes.get(1..).unwrap_or_default() {
        finding = finding.secondary(guest.at(span), label);
    }
    let finding = finding
        .consequence("The container is privileged, so this removes the last protection of the node.")
        .edit(format!(
            "make {} unprivileged (backup, then pct restore ... --unprivileged 1), where nesting is safe enough",
            display_name(guest)
        ));
    sink.push(finding);
}
