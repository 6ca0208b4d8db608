//! A number of a container and its interface that make a name too long for the kernel.

use super::{Ct, conf, display_name, finding_in_main};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Error, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let Some(vmid) = guest.vmid.filter(|vmid| *vmid > 9_999_999) else { return };
    for net in guest.config.main.nets() {
        let name = format!("veth{vmid}i{}", net.option.number().unwrap_or_default());
        if name.len() <= 15 {
            continue;
        }
        let key = net.option.key;
        let finding = finding_in_main(
            guest,
            key,
            net.option.key_span,
            format!("the name of `{}` of {} is too long on the node", words::name(key), display_name(guest)),
        )
        .label(format!("`{name}` has {} characters, the limit is 15", name.len()))
        .consequence("The name is truncated, and PVE mistakes the interface for another one of this container.")
        .edit(format!("give {} in {} a number below 10", words::name(key), conf(guest)));
        sink.push(finding);
    }
}
