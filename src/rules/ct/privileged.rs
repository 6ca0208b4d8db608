//! A privileged container.

use super::{Ct, display_name, finding_in_main, has_map};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink};
use crate::text::Span;

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let config = &guest.config;
    // An empty or torn file is found as such.
    if has_map(config) || config.main.get("rootfs").is_none() {
        return;
    }
    let flag = config.main.get("unprivileged");
    let (span, label) = match flag {
        Some(flag) => (flag.span, ""),
        None => (
            config.main.get("rootfs").map_or_else(Span::default, |rootfs| rootfs.key_span),
            "there is no line unprivileged",
        ),
    };
    let finding = finding_in_main(guest, b"unprivileged", span, format!("{} is privileged", display_name(guest)))
        .label(label)
        .consequence("root in the container is root on the node, and only AppArmor and capabilities restrict it. LXC doesn't treat escapes from such containers as security bugs.")
        .edit(format!("to change it, back {} up and restore it as unprivileged (pct restore ... --unprivileged 1)", display_name(guest)));
    sink.push(finding);
}
