//! Two interfaces with a gateway.

use super::{VmGuest, numbered};
use crate::finding::Level;
use crate::rules::guest::AnyGuest;
use crate::rules::{Context, Rule, Sink};

/// The rule.
pub const RULE: Rule = Rule::vm(Level::Warning, check);

fn check(_: &Context<'_>, guest: &VmGuest<'_>, sink: &mut Sink) {
    let any = AnyGuest::Vm(guest);
    for (part, version) in [("gw", "IPv4"), ("gw6", "IPv6")] {
        let mut with = numbered(any.main(), "ipconfig")
            .filter_map(|(_, option)| Some((option, option.props.as_ref()?.get(part)?)));
        let Some((_, first)) = with.next() else { continue };
        for (option, gateway) in with {
            let finding = any
                .finding(
                    option.key,
                    gateway.span,
                    format!("{} has two default gateways for {version}", any.display_name()),
                )
                .discriminator(part)
                .secondary(guest.at(first.span), "the other one")
                .consequence(
                    "Only one default route applies; which one depends on the order in which the interfaces come up.",
                )
                .fix_command_when(any.set(option.key, any.without(option, &[part])), "if the first one is right");
            sink.push(finding);
        }
    }
}
