//! Legacy graphics passthrough that can't work.

use super::{VmGuest, is_q35, numbered, value};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let mut seen = false;
    for (_, option) in numbered(main, "hostpci") {
        let Some(props) = &option.props else { continue };
        let Some(legacy) = props.get("legacy-igd").filter(|legacy| legacy.is_true()) else { continue };
        let says = if std::mem::replace(&mut seen, true) {
            "only one device can be assigned in legacy-igd mode"
        } else if value(main, "vga") != b"none" {
            "legacy IGD assignment requires VGA mode to be 'none'"
        } else if props.get("rombar").is_some_and(|rombar| !rombar.is_true()) {
            "legacy IGD assignment requires rombar to be enabled"
        } else if props.flag("x-vga") {
            "legacy IGD assignment is not compatible with x-vga"
        } else if props.get("mdev").is_some() {
            "legacy IGD assignment is not compatible with mdev"
        } else if is_q35(main) {
            "legacy IGD assignment is not compatible with q35"
        } else {
            continue;
        };
        let finding = any
            .finding(
                option.key,
                legacy.span,
                format!(
                    "`{}` of {} can't be passed through in legacy mode",
                    words::name(option.key),
                    any.display_name()
                ),
            )
            .consequence(format!("The VM doesn't start: `{says}`."));
        sink.push(if says.contains("VGA") {
            finding.fix_command(any.set(b"vga", "none"))
        } else {
            finding.edit(format!("correct {}", any.line(option.span)))
        });
    }
}
