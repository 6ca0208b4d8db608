//! A gateway that can't be right.

use super::{VmGuest, numbered};
use crate::finding::Level;
use crate::model::container::net;
use crate::model::schema::format;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for (_, option) in numbered(any.main(), "ipconfig") {
        let Some(props) = &option.props else { continue };
        for (gateway, address) in [("gw", "ip"), ("gw6", "ip6")] {
            let (Some(gateway), Some(address)) = (props.get(gateway), props.get(address)) else { continue };
            let what = if matches!(address.value, b"dhcp" | b"auto") {
                "comes from the network itself"
            } else if is_outside(gateway.value, address.value) {
                "isn't in the network of its address"
            } else {
                continue;
            };
            let key = words::name(option.key);
            let finding = any
                .finding(option.key, gateway.span, format!("the gateway of `{key}` of {} {what}", any.display_name()))
                .discriminator(gateway.name())
                .secondary(guest.at(address.span), "the address")
                .consequence("The guest gets a route that leads nowhere.");
            sink.push(match address.value {
                b"dhcp" | b"auto" => finding.fix_command(any.set(option.key, any.without(option, &[gateway.name()]))),
                _ => finding
                    .edit(format!("correct the gateway or the length of the prefix in {}", any.line(option.span))),
            });
        }
    }
}

fn is_outside(gateway: &[u8], address: &[u8]) -> bool {
    // With these prefixes everything else is reached through the gateway, which the host answers for.
    if let (Some(gateway), Some(network)) = (format::ipv4_addr(gateway), format::cidrv4_parts(address)) {
        let (lowest, highest) = net::range4(network);
        return network.1 < 31 && !(lowest..=highest).contains(&gateway);
    }
    if let (Some(gateway), Some(network)) = (format::ipv6_addr(gateway), format::cidrv6_parts(address)) {
        let (lowest, highest) = net::range6(network);
        return network.1 < 127 && !gateway.is_unicast_link_local() && !(lowest..=highest).contains(&gateway);
    }
    false
}
