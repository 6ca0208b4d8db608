//! Two interfaces with a gateway.

use super::{Ct, display_name, finding_in_main, set, without};
use crate::finding::Level;
use crate::model::container::net::Net;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    let nets: Vec<_> = guest.config.main.nets().collect();
    if nets.len() < 2 {
        return;
    }
    for (part, version) in [("gw", "IPv4"), ("gw6", "IPv6")] {
        let is_static = |net: &&Net<'_, '_>| if part == "gw" { net.ipv4().is_some() } else { net.ipv6().is_some() };
        let mut with = nets.iter().filter(is_static).filter_map(|net| Some((net, net.get(part)?)));
        let Some((_, first)) = with.next() else { continue };
        for (net, gateway) in with {
            let key = net.option.key;
            let finding = finding_in_main(
                guest,
                key,
                gateway.span,
                format!("{} has two default gateways for {version}", display_name(guest)),
            )
            .discriminator(part)
            .secondary(guest.at(first.span), "the other one")
            .consequence(
                "Only one default route applies; which one depends on the order in which the interfaces come up.",
            )
            .fix_command_when(set(guest, key, without(guest, net.option, &[part])), "if the first one is right");
            sink.push(finding);
        }
    }
}
