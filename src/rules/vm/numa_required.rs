//! A feature that needs NUMA.

use super::{VmGuest, hotplugs, was_dropped};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    if any.is_on("numa") || was_dropped(guest, b"numa") {
        return;
    }
    let hotplug = main
        .get("hotplug")
        .filter(|_| hotplugs(main, "memory"))
        .map(|option| (option, "memory hotplug", "NUMA needs to be enabled for memory hotplug"));
    let pages = main.get("hugepages").map(|option| (option, "huge pages", "numa needs to be enabled to use hugepages"));
    for (option, what, says) in hotplug.into_iter().chain(pages) {
        let finding = any
            .finding(option.key, option.span, format!("{what} of {} needs NUMA", any.display_name()))
            .consequence(format!("The VM doesn't start: `{says}`."))
            .fix_command(any.set(b"numa", "1"));
        sink.push(finding);
    }
}
