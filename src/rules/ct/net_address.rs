//! An address that no machine can have, or that is its own gateway.

use super::{Ct, conf, display_name, finding_in_main, line_number};
use crate::finding::Level;
use crate::model::container::net;
use crate::rules::{Context, Rule, Sink, words};

/// The rule.
pub const RULE: Rule = Rule::container(Level::Warning, check);

fn check(_: &Context<'_>, guest: &Ct<'_>, sink: &mut Sink) {
    for net in guest.config.main.nets() {
        let key = net.option.key;
        let mut report = |part: &str, what: String, label: String| {
            let Some(part) = net.get(part) else { return };
            let finding = finding_in_main(
                guest,
                key,
                part.span,
                format!("`{}` of {}: {what}", words::name(key), display_name(guest)),
            )
            .label(label)
            .discriminator(words::name(part.value))
            .consequence("PVE configures it as it is, and the container can't reach anything with it.")
            .edit(format!("correct line {} of {}", line_number(guest, part.span), conf(guest)));
            sink.push(finding);
        };
        if let Some((address, prefix)) = net.ipv4() {
            let (lowest, highest) = net::range4((address, prefix));
            if prefix <= 30 && address == lowest {
                report(
                    "ip",
                    format!("`{address}` is the address of the network itself"),
                    format!("{lowest} to {highest}, without the first and the last"),
                );
            } else if prefix <= 30 && address == highest {
                report(
                    "ip",
                    format!("`{address}` is the broadcast address"),
                    format!("{lowest} to {highest}, without the first and the last"),
                );
            }
            if net.gateway4() == Some(address) {
                report(
                    "gw",
                    "the gateway is the container's own address".into(),
                    "this must be the address of the router".into(),
                );
            }
        }
        if let (Some((address, _)), Some(gateway)) = (net.ipv6(), net.gateway6())
            && address == gateway
        {
            report(
                "gw6",
                "the gateway is the container's own address".into(),
                "this must be the address of the router".into(),
            );
        }
    }
}
