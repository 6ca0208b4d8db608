//! A gateway that isn't in the network of the address.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::net;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Note, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets() {
        let outside4 = net.ipv4().zip(net.gateway4()).is_some_and(|(address, gateway)| {
            let (lowest, highest) = net::range4(address);
            !(lowest..=highest).contains(&gateway)
        });
        let outside6 = net.ipv6().zip(net.gateway6()).is_some_and(|(address, gateway)| {
            let (lowest, highest) = net::range6(address);
            !gateway.is_unicast_link_local() && !(lowest..=highest).contains(&gateway)
        });
        for (gateway, address, _) in
            [("gw", "ip", outside4), ("gw6", "ip6", outside6)].into_iter().filter(|(.., outside)| *outside)
        {
            let (Some(gateway), Some(address)) = (net.get(gateway), net.get(address)) else { continue };
            let key = net.option.key;
            let finding = finding_in_main(guest, key, gateway.span, format!("the gateway of `{}` of {} isn't in its network", words::name(key), display_name(guest)))
                .discriminator(gateway.name())
                .secondary(guest.at(address.span), "the network")
                .consequence("PVE adds a route to the gateway itself, which is right for routed hosting but usually a typo anywhere else.")
                .edit(format!("check gateway and prefix length in line {} of {}", line_number(guest, gateway.span), conf(guest)));
            sink.push(finding);
        }
    }
}
