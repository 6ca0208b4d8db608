//! A container that gets no share of the CPU.

use super::{Ct, display_name, finding_in_main, set};
use crate::finding::Level;
use crate::release::Release;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(context: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(units) = guest.config.main.get("cpuunits").filter(|units| units.valid && &*units.value == b"0") else {
        return;
    };
    let release = context.cluster.release;
    // A node with the older cgroups, which 9 no longer has, takes 0 for the least there is.
    let level = if release >= Release::Pve9 { RULE.level } else { Level::Warning };
    let finding = finding_in_main(guest, b"cpuunits", units.span, format!("{} has 0 CPU units", display_name(guest)))
        .at_level(level)
        .consequence("PVE writes `cpu.weight` 0, which the kernel refuses: the container doesn't start.")
        .fix_command_when(set(guest, b"cpuunits", "100"), "the default");
    sink.push(finding);
}
