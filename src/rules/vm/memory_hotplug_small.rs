//! Memory hotplug with too little memory.

use super::{VmGuest, hotplugs, memory, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let (Some(hotplug), Some(size)) = (main.get("hotplug").filter(|_| hotplugs(main, "memory")), memory(main)) else {
        return;
    };
    if size >= 1024 || !any.is_on("numa") || was_dropped(guest, b"memory") {
        return;
    }
    let span = main.get("memory").map_or(hotplug.span, |memory| memory.span);
    let finding = any
        .finding(b"memory", span, format!("{} has too little memory for memory hotplug", any.display_name()))
        .secondary(guest.at(hotplug.span), "needs 1024 MiB")
        .consequence("The VM doesn't start: `minimum memory must be 1024MB`.")
        .fix_command(any.set(b"memory", "1024"));
    sink.push(finding);
}
