//! A gateway without a static address.

use super::{Ct, display_name, finding_in_main, set, without};
use crate::finding::Level;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets() {
        let key = net.option.key;
        for (gateway, address, is_static) in [("gw", "ip", net.ipv4().is_some()), ("gw6", "ip6", net.ipv6().is_some())]
        {
            let Some(gateway) = net.get(gateway).filter(|_| !is_static) else { continue };
            let mut finding = finding_in_main(
                guest,
                key,
                gateway.span,
                format!("`{}` of {} has a gateway but no address", words::name(key), display_name(guest)),
            )
            .discriminator(gateway.name())
            .consequence("PVE writes a gateway to the container only with a static address: this one has no effect.")
            .fix_command(set(guest, key, without(guest, net.option, &[gateway.name()])));
            finding = match net.get(address) {
                Some(address) => finding.secondary(guest.at(address.span), "the gateway comes from there, too"),
                None => finding.label(format!("{address}= is missing")),
            };
            sink.push(finding);
        }
    }
}
