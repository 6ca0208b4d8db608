//! Memory hotplug with something that excludes it.

use super::{VmGuest, hotplugs, numbered};
use crate::finding::Level;
use crate::model::schema::format::list;
use crate::release::Release;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Error, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    let main = any.main();
    let Some(hotplug) = main.get("hotplug").filter(|_| any.is_on("numa") && hotplugs(main, "memory")) else { return };
    let numa = numbered(main, "numa")
        .next()
        .map(|(_, option)| (option, "cannot enable memory hotplugging with custom NUMA topology"));
    let virtiofs = numbered(main, "virtiofs")
        .next()
        .map(|(_, option)| (option, "Memory hotplug does not work in combination with virtio-fs."));
    let Some((option, says)) = numa.or(virtiofs).filter(|_| guest.config.release >= Release::Pve8) else { return };
    let finding = any
        .finding(b"hotplug", hotplug.span, format!("memory of {} can't be hotplugged", any.display_name()))
        .secondary(guest.at(option.span), "excludes it")
        .consequence(format!("The VM doesn't start: `{says}`."));
    let kept: Vec<&[u8]> = list(&hotplug.value).filter(|feature| *feature != b"memory").collect();
    sink.push(if kept.is_empty() {
        finding.fix_command(any.delete(b"hotplug"))
    } else {
        finding.fix_command(any.set(b"hotplug", bstr::join(",", kept)))
    });
}
